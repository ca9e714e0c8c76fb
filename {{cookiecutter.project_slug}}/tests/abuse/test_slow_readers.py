"""Clients that listen and never read, or have gone without a word."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.abuse.attacker import Attacker
from tests.abuse.attacker import attacking
from tests.abuse.victim import KIB
from tests.abuse.victim import MIB
from tests.abuse.victim import Victim
from tests.abuse.victim import attacked
from tests.abuse.victim import bystander
from tests.chaos_proxy import ChaosProxy

LARGE = json.dumps("x" * 15 * KIB).encode()
SLOW = 10
# What one connection may hold: 1 MiB queued, a write under way, the buffer of the transport.
PER_CLIENT_BYTES = 2 * MIB
PING_SECONDS, PONG_SECONDS, WRITE_SECONDS = 1.0, 1.0, 1.0


def deaf(attacker: Attacker) -> None:
    """Stops reading for good."""
    attacker.writer.transport.pause_reading()  # type: ignore[attr-defined]


@asynccontextmanager
async def crowd(victim: Victim, topic: str, many: int) -> AsyncIterator[list[Attacker]]:
    """Opens sockets that listen to ``topic`` and do not read what comes."""
    opened = [attacking(victim.port) for _ in range(many)]
    attackers = [await one.__aenter__() for one in opened]
    for attacker in attackers:
        await attacker.hello({"topic": topic})
        deaf(attacker)
    yield attackers
    for one in opened:
        await one.__aexit__(None, None, None)


async def test_clients_that_never_read_are_closed_and_bounded_in_memory(victim: Victim) -> None:
    async with bystander(victim), crowd(victim, "room:loud", SLOW):
        before_bytes = victim.rss_bytes()
        peak_bytes = 0
        for _ in range(40):
            await victim.publish_raw("room:loud", LARGE, times=20)
            peak_bytes = max(peak_bytes, victim.rss_bytes() - before_bytes)
        await victim.until(lambda figures: figures["connections"] == 1)

    # The log of the topic keeps 500 messages besides.
    assert peak_bytes < SLOW * PER_CLIENT_BYTES + 500 * len(LARGE) + 2 * MIB
    figures = await victim.until(lambda figures: figures["connections"] == 0)
    assert figures["queued_bytes"] == 0
    assert figures["admitted"] == 0
    assert victim.complaints == []


async def test_without_the_limits_what_is_not_read_piles_up(unprotected: Victim) -> None:
    async with crowd(unprotected, "room:loud", SLOW):
        for _ in range(40):
            await unprotected.publish_raw("room:loud", LARGE, times=20)
        figures = await unprotected.figures()

    assert figures["connections"] == SLOW
    assert figures["queued_bytes"] > SLOW * PER_CLIENT_BYTES


@pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
async def test_clients_that_vanish_are_dropped_by_the_pong_deadline(server: str) -> None:
    """A partition: nothing of what the client says arrives, not even that it is gone."""
    realtime = {
        "ping_seconds": PING_SECONDS,
        "pong_seconds": PONG_SECONDS,
        "write_deadline_seconds": WRITE_SECONDS,
        "presence_linger_seconds": 0.0,
    }
    async with (
        attacked(server, realtime=realtime) as victim,
        ChaosProxy(("127.0.0.1", victim.port)) as proxy,
        attacking(proxy.port) as gone,
    ):
        await gone.hello({"topic": "robots:1", "presence": True})
        begun = asyncio.get_running_loop().time()
        proxy.half_open()

        figures = await victim.until(lambda figures: figures["connections"] == 0)
        took_seconds = asyncio.get_running_loop().time() - begun
        print(f"{server}: dropped after {took_seconds:.2f} s")

        assert figures["admitted"] == 0
        assert took_seconds >= PING_SECONDS + PONG_SECONDS

        async with victim.socket("grace") as grace:
            await grace.hello()
            reply = await grace.ask("presence", topic="robots:1")
        assert reply["result"]["members"] == []
        assert victim.complaints == []


async def test_without_a_pong_deadline_they_are_held(unprotected: Victim) -> None:
    async with (
        ChaosProxy(("127.0.0.1", unprotected.port)) as proxy,
        attacking(proxy.port) as gone,
    ):
        await gone.hello()
        proxy.half_open()

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await unprotected.until(lambda figures: figures["connections"] == 0)
