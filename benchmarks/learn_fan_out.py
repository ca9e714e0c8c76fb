"""What the three hubs of docs/learn-fan-out.md cost, with the code of that page on real TCP connections.

    python benchmarks/learn_fan_out.py [--readers 1000] [--rounds 7]

The classes are taken out of the page and take turns on the same connections, whose other ends discard what they get
in a process of their own. Quoted is the CPU time of the hub's process per delivery, the best of the rounds of each.
"""

import argparse
import asyncio
import gc
import json
import os
import re
import resource
import selectors
import signal
import socket
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1] / "{{cookiecutter.project_slug}}"
sys.path.insert(0, str(PROJECT / "src"))
from app.realtime.protocol.frames import text_frame  # noqa: E402 - found only now

PAGE = PROJECT / "docs" / "learn-fan-out.md"
HUBS = ("NaiveHub", "QueueHub", "TickHub")
LINE = b"x" * 128
DELIVERIES_A_ROUND = 16_000


def load(name: str) -> Any:
    """Returns a hub of the page; what follows its class there, an example, is left out."""
    block = rf"^```python\n((?:(?!```).)*?^class {name}:.*?)\n(?=\S)"
    found = re.search(block, PAGE.read_text(), re.DOTALL | re.MULTILINE)
    if found is None:
        raise LookupError(name)
    names: dict[str, Any] = {}
    exec(found[1], names)
    return names[name]()


def read_all(port: int, readers: int) -> None:
    """Connects all readers and throws away what comes, until it is ended."""
    selector = selectors.DefaultSelector()
    for _ in range(readers):
        selector.register(socket.create_connection(("127.0.0.1", port)), selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            key.fileobj.recv(1 << 16)  # type: ignore[union-attr]


def sender(writer: asyncio.StreamWriter) -> Any:
    """Returns what a server offers: a frame, a write, and a wait where the buffer is full."""

    async def send(line: bytes) -> None:
        writer.write(text_frame(line))
        await writer.drain()

    return send


def join(hub: Any, writers: list[asyncio.StreamWriter]) -> float:
    """Has all readers join; returns the bytes that each of them takes in the hub."""
    gc.collect()
    tracemalloc.start()
    for writer in writers:
        if hasattr(hub, "flush"):
            hub.join(writer.transport)
        elif hasattr(hub, "join"):
            hub.join(sender(writer))
        else:
            hub.readers.append(sender(writer))
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return taken / len(writers)


async def measure(hub: Any, burst: int) -> float:
    """Returns the CPU microseconds of one delivery."""
    bursts = max(1, DELIVERIES_A_ROUND // (burst * len(hub.readers)))
    queues = list(hub.readers) if hasattr(hub, "_write") else []
    began = time.process_time()
    for _ in range(bursts):
        for _ in range(burst):
            published = hub.publish(LINE)
            if published is not None:
                await published
        await asyncio.sleep(0)
        while any(queue.qsize() for queue in queues):
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)  # the readers have their turn
    return (time.process_time() - began) / (bursts * burst * len(hub.readers)) * 1e6


async def compare(listener: socket.socket, readers: int, rounds: int) -> dict[str, dict[str, float]]:
    """Returns the costs of all hubs."""
    kept: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept.append((reader, writer))

    await asyncio.start_server(accept, sock=listener)
    async with asyncio.timeout(30):
        while len(kept) < readers:
            await asyncio.sleep(0.01)
    hubs = {name: load(name) for name in HUBS}
    costs = {name: {"bytes": join(hub, [writer for _, writer in kept])} for name, hub in hubs.items()}
    for _ in range(rounds):
        for burst in (1, 8):
            for name, hub in hubs.items():
                key = f"burst {burst}"
                costs[name][key] = min(costs[name].get(key, 1e9), await measure(hub, burst))
    return costs


def main() -> None:
    """Prints a table, and the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, given.readers + 1_000), hard))
    listener = socket.create_server(("127.0.0.1", 0), backlog=given.readers)
    child = os.fork()
    if child == 0:
        read_all(listener.getsockname()[1], given.readers)
    try:
        costs = asyncio.run(compare(listener, given.readers, given.rounds))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    ours = costs[HUBS[-1]]
    print(f"{'hub':<10}{'one at a time':>20}{'bursts of 8':>20}{'bytes a reader':>16}")
    for name, cost in costs.items():
        cells = "".join(f"{cost[key]:>11.2f} us {cost[key] / ours[key]:>4.1f}x" for key in ("burst 1", "burst 8"))
        print(f"{name:<10}{cells}{cost['bytes']:>16.0f}")
    print(json.dumps(costs))


if __name__ == "__main__":
    main()
