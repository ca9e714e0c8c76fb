"""Fifty of a thousand subscribers never read: what the others notice of it (L5). For `make soak`.

The publisher and the readers are in this process, so a message's way is timed by one clock. What
is compared is the same traffic twice: once everybody reads, once fifty do not.
"""

import asyncio
import json
import re
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from dataclasses import field

import pytest

from tests.abuse.attacker import SECONDS
from tests.abuse.attacker import TEXT
from tests.abuse.attacker import Attacker
from tests.abuse.attacker import attacking
from tests.abuse.attacker import text
from tests.abuse.test_slow_readers import deaf
from tests.abuse.victim import KIB
from tests.abuse.victim import MIB
from tests.abuse.victim import Victim
from tests.abuse.victim import attacked
from tests.raw_clients import allow_open_files

SUBSCRIBERS, SLOW = 1_000, 50
MESSAGES, PAUSE_SECONDS = 160, 0.1
PADDING = "x" * 15 * KIB
TOPIC = "room:loud"
QUEUE_BYTES = MIB
SLACK = 10
CLOSED_SECONDS = 30.0
GROWTH_BYTES = SLOW * QUEUE_BYTES + 32 * MIB
ROOM = {"connections_per_user": 10_000, "connections_per_address": 10_000}
SENT = re.compile(rb'"at":([0-9.]+)')


@dataclass
class Reader:
    """A subscriber that reads on; ``ways`` are the seconds that each message took to it."""

    attacker: Attacker
    ways: list[float] = field(default_factory=list)

    async def read(self) -> None:
        """Reads until every message has come, and answers pings."""
        loop = asyncio.get_running_loop()
        while len(self.ways) < MESSAGES:
            opcode, payload = await self.attacker.next_frame()
            found = SENT.search(payload)
            if found:
                self.ways.append(loop.time() - float(found[1]))
            elif opcode == TEXT and b'"ping"' in payload:
                await self.attacker.send(text('{"type":"pong"}'))


@dataclass(frozen=True)
class Heard:
    """What came of one run of the traffic."""

    counts: set[int]
    p99_seconds: float
    grown_bytes: int
    closed_seconds: float


async def subscribed(stack: AsyncExitStack, victim: Victim) -> Attacker:
    """Returns one subscriber of the loud topic."""
    attacker = await stack.enter_async_context(attacking(victim.port))
    await attacker.hello({"topic": TOPIC})
    return attacker


async def traffic(victim: Victim, readers: list[Reader], *, expected: int) -> Heard:
    """Publishes everything, and waits until nobody is left but those who read."""
    loop = asyncio.get_running_loop()
    before = peak = victim.rss_bytes()
    tasks = [asyncio.create_task(one.read()) for one in readers]
    began, closed_at = loop.time(), 0.0
    for _ in range(MESSAGES):
        due = loop.time() + PAUSE_SECONDS
        data = json.dumps({"at": loop.time(), "padding": PADDING}, separators=(",", ":"))
        await victim.publish_raw(TOPIC, data.encode())
        peak = max(peak, victim.rss_bytes())
        if not closed_at and (await victim.figures())["connections"] == expected:
            closed_at = loop.time()
        await asyncio.sleep(max(0.0, due - loop.time()))
    await victim.until(lambda figures: figures["connections"] == expected)
    async with asyncio.timeout(SECONDS * SLACK):
        await asyncio.gather(*tasks)
    ways = sorted(way for one in readers for way in one.ways)
    counts = {len(one.ways) for one in readers}
    closed = (closed_at or loop.time()) - began
    return Heard(counts, ways[int(len(ways) * 0.99)], peak - before, closed)


@pytest.mark.soak
@pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
async def test_fifty_of_a_thousand_that_never_read_are_nothing_to_the_others(server: str) -> None:
    allow_open_files(2 * SUBSCRIBERS + 500)
    async with attacked(server, realtime=ROOM) as victim, AsyncExitStack() as stack:
        attackers = [await subscribed(stack, victim) for _ in range(SUBSCRIBERS)]
        alone = await traffic(victim, [Reader(one) for one in attackers], expected=SUBSCRIBERS)
        for one in attackers[:SLOW]:
            way_in: socket.socket = one.writer.get_extra_info("socket")
            way_in.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * KIB)
            deaf(one)
        beside = await traffic(
            victim, [Reader(one) for one in attackers[SLOW:]], expected=SUBSCRIBERS - SLOW
        )

        print(
            f"{server}: {SLOW} of {SUBSCRIBERS} closed after {beside.closed_seconds:.1f} s,"
            f" p99 {beside.p99_seconds:.3f} s, {alone.p99_seconds:.3f} s without them,"
            f" {beside.grown_bytes / MIB:.0f} MiB more"
        )
        assert alone.counts == beside.counts == {MESSAGES}
        assert beside.closed_seconds <= CLOSED_SECONDS
        assert beside.grown_bytes <= GROWTH_BYTES
        assert beside.p99_seconds <= SLACK * 1.5 * alone.p99_seconds
        assert victim.complaints == []
