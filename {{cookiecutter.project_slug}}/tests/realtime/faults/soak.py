"""Random faults for as long as you like, and the judge: ``make soak``.

    python -m tests.realtime.faults.soak --seconds 600 --seeds 1 2 3

Three nodes behind a balancer over one Redis, a publisher, applications on our client and plain
followers. Connections are cut; nodes are killed, ended and stopped; Redis is restarted empty,
frozen, and loses its subscribers. The same seed is the same schedule. Every subscriber's history
is held against what was acknowledged: each message once and in order, or a gap that is told.
Exits with 1 when one is violated, or when a node wrote a traceback.
"""

import argparse
import asyncio
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from dataclasses import field

from app.embedded import binaries
from tests.realtime.faults.application import Application
from tests.realtime.faults.balancer import Balancer
from tests.realtime.faults.follower import Follower
from tests.realtime.faults.history import disagreements
from tests.realtime.faults.nodes import Node
from tests.realtime.faults.nodes import nodes
from tests.realtime.faults.publisher import Publisher
from tests.realtime.faults.steps import Subscriber
from tests.realtime.faults.steps import finished
from tests.realtime.faults.steps import following
from tests.realtime.faults.steps import violations
from tests.realtime.own_redis import OwnRedis
from tests.realtime.own_redis import own_redis

TOPIC = "room:soak"
NODES = 3
SUBSCRIBERS = 20
MESSAGES_PER_SECOND = 50.0
QUIET_MAX_SECONDS = 2.0
PACE = {
    "REALTIME_RETRY_WINDOW_SECONDS": "2",
    "REALTIME_DRAIN_WINDOW_SECONDS": "0.5",
    "REALTIME_PING_SECONDS": "3",
    "REALTIME_PROBE_SECONDS": "2",
    "REALTIME_QUIET_CHECK_SECONDS": "2",
}


@dataclass
class Report:
    """What happened in one run."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    published: int = 0
    handed: int = 0
    gaps: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        faults = ", ".join(f"{count} {name}" for name, count in sorted(self.faults.items()))
        gaps = ", ".join(f"{count} {reason}" for reason, count in self.gaps.items()) or "none"
        return (
            f"seed {self.seed}: {self.published} messages to {SUBSCRIBERS} subscribers,"
            f" {self.handed} handed over; faults: {faults}; gaps told: {gaps};"
            f" violations: {len(self.violations)}"
        )


class Faults:
    """Everything that may go wrong, each done and mended again."""

    def __init__(
        self, chance: random.Random, redis: OwnRedis, balancer: Balancer, nodes: Sequence[Node]
    ) -> None:
        self._chance = chance
        self._redis = redis
        self._balancer = balancer
        self._nodes = nodes
        self.all: dict[str, Callable[[], Awaitable[None]]] = {
            "cuts": self.cut,
            "kills": self.kill,
            "restarts": self.restart,
            "stops": self.stop,
            "Redis restarts": self.restart_redis,
            "Redis freezes": self.freeze_redis,
            "subscribers killed": self.kill_subscribers,
        }

    async def cut(self) -> None:
        """Cuts all clients."""
        await self._balancer.cut_for(self._chance.uniform(0.05, 1.0))

    async def kill(self) -> None:
        """Kills a node."""
        await self._begin_anew(signal.SIGKILL)

    async def restart(self) -> None:
        """Ends a node in order."""
        await self._begin_anew(signal.SIGTERM)

    async def stop(self) -> None:
        """Stops a node for a while."""
        node = self._chance.choice(self._nodes)
        node.send(signal.SIGSTOP)
        await asyncio.sleep(self._chance.uniform(0.1, 2.0))
        node.send(signal.SIGCONT)

    async def restart_redis(self) -> None:
        """Restarts Redis, which forgets everything."""
        self._redis.kill()
        await asyncio.sleep(self._chance.uniform(0.0, 1.0))
        await self._redis.start()

    async def freeze_redis(self) -> None:
        """Stops Redis for a while."""
        self._redis.freeze()
        await asyncio.sleep(self._chance.uniform(0.1, 3.0))
        self._redis.thaw()

    async def kill_subscribers(self) -> None:
        """Has Redis close the connections that it announces messages on."""
        async with self._redis.client() as admin:
            await admin.client_kill_filter(_type="pubsub")

    async def _begin_anew(self, number: signal.Signals) -> None:
        node = self._chance.choice(self._nodes)
        await node.end(number)
        await node.start()


async def soak(*, seconds: float, seed: int, **environment: str) -> Report:
    """Runs for so long; ``environment`` is for the nodes."""
    report, chance = Report(seed), random.Random(seed)
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(own_redis(str(binaries.find_valkey())))
        await redis.start()
        running = await stack.enter_async_context(nodes(NODES, redis.url, **PACE, **environment))
        balancer = await stack.enter_async_context(Balancer(running))
        subscribers = subscribers_of(balancer.port)
        await stack.enter_async_context(following(*subscribers))
        publisher = Publisher(TOPIC, running, rate_per_second=MESSAGES_PER_SECOND)
        publisher.start()
        await break_things(Faults(chance, redis, balancer, running), chance, report, seconds)
        await finished(publisher, *subscribers)
        outputs = [line for node in running for line in node.output]
    report.published = len(publisher.truth)
    report.handed = sum(len(one.history.values) for one in subscribers)
    report.gaps.update(reason for one in subscribers for reason in one.history.gaps)
    report.violations = [
        *violations(publisher, *subscribers),
        *disagreements(one.history for one in subscribers),
        *(line for line in outputs if "Traceback" in line or "never retrieved" in line),
    ]
    return report


def subscribers_of(port: int) -> list[Subscriber]:
    """Returns applications on our client and plain followers, half and half."""
    half = SUBSCRIBERS // 2
    return [
        *(Application(f"application {number}", TOPIC, port) for number in range(half)),
        *(
            Follower(f"follower {number}", TOPIC, lambda: port, silence_seconds=10)
            for number in range(half)
        ),
    ]


async def break_things(
    faults: Faults, chance: random.Random, report: Report, seconds: float
) -> None:
    """Does one thing after the other, with pauses, until the time is over; all before any twice."""
    end_at = time.monotonic() + seconds
    names: list[str] = []
    while time.monotonic() < end_at:
        await asyncio.sleep(chance.uniform(0.0, QUIET_MAX_SECONDS))
        names = names or chance.sample(list(faults.all), k=len(faults.all))
        name = names.pop()
        report.faults[name] += 1
        await faults.all[name]()


def main() -> int:
    """Soaks once for each seed; returns the exit code."""
    parser = argparse.ArgumentParser(description="Random faults on real processes.")
    parser.add_argument("--seconds", type=float, default=600.0, help="of each run")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments = parser.parse_args()
    failed = False
    for seed in arguments.seeds:
        report = asyncio.run(soak(seconds=arguments.seconds, seed=seed))
        print(report, *report.violations[:20], sep="\n", flush=True)
        failed = failed or bool(report.violations)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
