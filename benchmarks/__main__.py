"""``python -m benchmarks [sockets] [streams] [memory] [requests] [cuts] [ingest]``: measures, prints, writes JSON.

``make bench`` prepares the environment and calls this. The exit code is 1 when a bound is broken.
"""

import argparse
import os
import resource
import sys
import tempfile
from pathlib import Path

from benchmarks import contestants
from benchmarks import cuts
from benchmarks import fanout
from benchmarks import ingest
from benchmarks import memory
from benchmarks import report
from benchmarks import requests
from benchmarks.fanout import Cost
from benchmarks.people import People
from benchmarks.people import invited
from benchmarks.processes import CLIENT_CORE
from benchmarks.report import Row
from benchmarks.report import at_least
from benchmarks.report import at_most
from benchmarks.requests import Asked

PARTS = ("sockets", "streams", "memory", "requests")
LONG_PARTS = ("cuts", "ingest")  # only when named: minutes
BURST = 8
RESULT = contestants.BUILD / "result.json"


def sockets(people: People, options: argparse.Namespace) -> tuple[list[Row], list[Cost]]:
    """Compares fan-out over WebSockets with Node's ``ws``."""
    crowd = []
    try:
        crowd.append(contestants.start_node(options.subscribers))
        for name, preframed in (("prepared frames", "true"), ("public send", "false")):
            crowd.append(contestants.start_ours(name, people, REALTIME_PREFRAMED_WRITES=preframed))
            contestants.join_sockets(crowd[-1], people, options.subscribers)
        one = fanout.compare(crowd, burst=1, rounds=options.rounds, messages=options.messages)
        many = fanout.compare(crowd, burst=BURST, rounds=options.rounds, messages=options.messages * 2)
    finally:
        for contestant in crowd:
            contestant.stop()
    node, ours, public = (cost.cpu_us for cost in one)
    gain, public_gain = (many[0].cpu_us / cost.cpu_us for cost in many[1:])
    rows = [
        at_most("one at a time, prepared frames", ours / node, "of Node ws", bound=0.75, aim=0.6),
        at_most("one at a time, public send", public / node, "of Node ws", bound=1.9, aim=1.3),
        at_least(f"bursts of {BURST}, prepared frames", gain, "x Node ws", bound=4, aim=6),
        at_least(f"bursts of {BURST}, public send", public_gain, "x Node ws", bound=0, aim=4),
    ]
    return rows, one + many


def streams(people: People, options: argparse.Namespace) -> tuple[list[Row], list[Cost]]:
    """Compares server-sent events with a stock Quart that streams its responses."""
    crowd = []
    try:
        crowd.append(contestants.start_stock_streams(options.subscribers))
        crowd.append(contestants.start_our_streams("our streams", people, options.subscribers))
        costs = fanout.compare(crowd, burst=1, rounds=options.rounds, messages=options.messages)
    finally:
        for contestant in crowd:
            contestant.stop()
    stock, ours = (cost.cpu_us for cost in costs)
    return [at_most("server-sent events", ours / stock, "of stock Quart", bound=0.35, aim=0.2)], costs


def asking(people: People, options: argparse.Namespace) -> tuple[list[Row], list[Asked]]:
    """Compares plain requests with stock Quart on uvicorn, and with FastAPI."""
    bare = requests.dispatch()
    found = requests.compare(people, rounds=options.rounds)
    cpu = {name: asked.cpu_us for name, asked in found.items()}
    rows = [
        at_most("a request without a server", bare["ours"] / bare["stock"], "of stock Quart", bound=0.5, aim=0.45),
        at_most(
            "JSON through the whole edge", cpu["edge json"] / cpu["stock json"], "of bare stock", bound=1.15, aim=1
        ),
        at_most("the same beside FastAPI, bare", cpu["edge json"] / cpu["fastapi json"], "of FastAPI", bound=99, aim=2),
        at_most("one row", cpu["tuned row"] / cpu["stock row"], "of the ORM's", bound=0.55, aim=0.45),
    ]
    return rows, list(found.values())


def idle(people: People, options: argparse.Namespace) -> tuple[list[Row], list[memory.Weight]]:
    """Weighs idle connections."""
    weight = memory.weigh(people, options.connections)
    name = f"idle connection, 2 topics, {weight.connections:,} of them"
    return [at_most(name, weight.kib_per_connection, "KiB", bound=24, aim=20)], [weight]


def cutting(people: People, options: argparse.Namespace) -> tuple[list[Row], list[cuts.Cuts]]:
    """Cuts everybody again and again."""
    return cuts.measure(options.seconds)


def ingesting(people: People, options: argparse.Namespace) -> tuple[list[Row], list[object]]:
    """Has a fleet of devices send readings."""
    return ingest.measure(options.devices, options.ingest_seconds, options.rounds)


def main() -> int:
    """Runs what was asked for; returns the exit code."""
    options = _options()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {CLIENT_CORE})
    contestants.BUILD.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    details: list[object] = []
    connections = max(options.subscribers, options.connections)
    with (
        tempfile.TemporaryDirectory() as folder,
        invited(connections, Path(folder)) as people,
    ):
        parts = (
            ("sockets", sockets),
            ("streams", streams),
            ("memory", idle),
            ("requests", asking),
            ("cuts", cutting),
            ("ingest", ingesting),
        )
        for part, measure in parts:
            if part in (options.parts or PARTS):
                print(f"measuring {part} ...", file=sys.stderr, flush=True)
                found, more = measure(people, options)
                rows += found
                details += more
    asked = [detail for detail in details if isinstance(detail, Asked)]
    if asked:
        each = [(one.name, f"{one.cpu_us:.1f}", f"{one.median_cpu_us:.1f}") for one in asked]
        print(report.table(("Route, on uvicorn", "CPU us a request, best round", "middle round"), each))
    costs = [detail for detail in details if isinstance(detail, Cost)]
    lines = [(cost.name, cost.burst, f"{cost.cpu_us:.2f}", f"{cost.median_cpu_us:.2f}") for cost in costs]
    print(report.table(("Server", "Burst", "CPU us a delivery, best round", "middle round"), lines))
    print(f"\n{report.show(rows)}")
    report.save(rows, details, RESULT)
    print(f"\n{RESULT}")
    return 0 if all(row.holds for row in rows) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, *LONG_PARTS, []], help="all but cuts and ingest unless named"
    )
    parser.add_argument("--subscribers", type=int, default=1_000)
    parser.add_argument("--connections", type=int, default=10_000, help="for the memory")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=80, help="in a round")
    parser.add_argument("--seconds", type=float, default=300.0, help="of each run of cuts")
    parser.add_argument("--devices", type=int, default=5_000, help="of ingest")
    parser.add_argument("--ingest-seconds", type=float, default=60.0, help="of each run of ingest")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
