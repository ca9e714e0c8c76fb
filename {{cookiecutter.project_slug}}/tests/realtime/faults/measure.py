"""Repeated cuts of two seconds at a fixed publish rate: what was delivered, lost, doubled, told.

    python -m tests.realtime.faults.measure --seconds 300 [--restart-redis]

prints one JSON object. The template's ``make bench ARGS=cuts`` runs it with and without.
"""

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import dataclass

from app.embedded import binaries
from tests.raw_clients import allow_open_files
from tests.realtime.faults.application import Application
from tests.realtime.faults.cuts import TOPIC
from tests.realtime.faults.cuts import Plan
from tests.realtime.faults.cuts import Run
from tests.realtime.faults.cuts import cut_repeatedly
from tests.realtime.faults.nodes import nodes
from tests.realtime.faults.steps import Subscriber
from tests.realtime.own_redis import OwnRedis
from tests.realtime.own_redis import own_redis

CLIENTS = 100
CUT_SECONDS = 2.0
EVERY_SECONDS = 8.0
MESSAGES_PER_SECOND = 20.0
PACE = {"REALTIME_RETRY_WINDOW_SECONDS": "2"}


@dataclass(frozen=True)
class Delivery:
    """What became of the messages. ``gaps`` were told to the applications, by reason."""

    clients: int
    cuts: int
    published: int
    delivered_percent: float
    lost: int
    doubled: int
    wrong: int
    gaps: Mapping[str, int]


def deliver(seconds: float, *, restarts_redis: bool) -> Delivery:
    """Cuts for so long; with ``restarts_redis`` Redis is killed and started empty half-way."""
    allow_open_files(20 * CLIENTS)
    return _delivery(asyncio.run(_run(seconds, restarts_redis=restarts_redis)))


async def _run(seconds: float, *, restarts_redis: bool) -> Run:
    plan = Plan(
        seconds=seconds,
        cut_seconds=CUT_SECONDS,
        every_seconds=EVERY_SECONDS,
        messages_per_second=MESSAGES_PER_SECOND,
    )
    with own_redis(str(binaries.find_valkey())) as redis:
        await redis.start()

        async def half_way() -> None:
            if restarts_redis:
                await _restart(redis)

        async with nodes(2, redis.url, **PACE) as two:
            return await cut_repeatedly(two, plan, _clients, half_way=half_way)


async def _restart(redis: OwnRedis) -> None:
    redis.kill()
    await redis.start()


def _clients(port: int) -> list[Subscriber]:
    return [Application(f"client {number}", TOPIC, port) for number in range(CLIENTS)]


def _delivery(run: Run) -> Delivery:
    handed = sum(len(one.history.values) for one in run.followers)
    return Delivery(
        clients=len(run.followers),
        cuts=run.cuts,
        published=run.published,
        delivered_percent=100 * handed / (run.published * len(run.followers)),
        lost=sum(len(verdict.lost) for verdict in run.verdicts),
        doubled=sum(len(verdict.doubled) for verdict in run.verdicts),
        wrong=sum(len(verdict.wrong) for verdict in run.verdicts) + len(run.disagreements),
        gaps=dict(Counter(reason for one in run.followers for reason in one.history.gaps)),
    )


def main() -> None:
    """Measures once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--restart-redis", action="store_true")
    options = parser.parse_args()
    print(json.dumps(asdict(deliver(options.seconds, restarts_redis=options.restart_redis))))


if __name__ == "__main__":
    main()
