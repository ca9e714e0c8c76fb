"""Clients that open a connection and never get to the point, or say what no handshake says."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.abuse.attacker import Attacker
from tests.abuse.attacker import connected
from tests.abuse.attacker import handshake
from tests.abuse.conftest import HEAD_SECONDS
from tests.abuse.victim import KIB
from tests.abuse.victim import MIB
from tests.abuse.victim import Victim
from tests.abuse.victim import bystander

SLOW_CLIENTS = 200
PER_CLIENT_BYTES = 40 * KIB


async def ends(attacker: Attacker, *, within_seconds: float) -> bool:
    """Returns whether the server ends the connection in time, whatever it says before."""
    try:
        async with asyncio.timeout(within_seconds):
            while await attacker.reader.read(65_536):
                pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


async def test_heads_that_never_end_are_given_up_and_bounded_in_memory(victim: Victim) -> None:
    async with AsyncExitStack() as stack, bystander(victim):
        before_bytes = victim.rss_bytes()
        slow = [await stack.enter_async_context(connected(victim.port)) for _ in range(200)]
        for attacker in slow:
            await attacker.send(handshake(victim.port)[:-2])
        grown_bytes = victim.rss_bytes() - before_bytes
        ended = await asyncio.gather(*(ends(one, within_seconds=60) for one in slow))

    assert all(ended)
    assert grown_bytes <= SLOW_CLIENTS * PER_CLIENT_BYTES + MIB
    await victim.until(lambda figures: figures["connections"] == 0)
    assert victim.complaints == []


async def test_without_the_deadline_a_slow_head_is_waited_for(unprotected: Victim) -> None:
    async with connected(unprotected.port) as attacker:
        await attacker.send(handshake(unprotected.port)[:-2])

        assert not await ends(attacker, within_seconds=2 * HEAD_SECONDS)


async def test_a_head_of_any_size_is_refused(victim: Victim) -> None:
    async with bystander(victim), connected(victim.port) as attacker:
        before_bytes = victim.rss_bytes()
        await attacker.send(b"GET /realtime/socket HTTP/1.1\r\nX-Long: ")
        await attacker.pour(b"x" * 64 * KIB, times=256)

        assert await ends(attacker, within_seconds=60)
        assert victim.rss_bytes() - before_bytes < MIB


@pytest.mark.parametrize(
    "header",
    [
        "Sec_WebSocket_Protocol",
        "Sec_WebSocket_Extensions",
        "Sec_WebSocket_Key",
        "Sec_WebSocket_Version",
        "Connection",
    ],
)
async def test_a_header_that_is_not_ascii_is_refused_or_ignored(
    victim: Victim, header: str
) -> None:
    fields = {header: "Upgrade, \xff"}
    async with connected(victim.port) as attacker:
        await attacker.send(handshake(victim.port, **fields))
        async with asyncio.timeout(60):
            answer = await attacker.reader.readuntil(b"\r\n\r\n")

    assert answer.split()[1] in {b"101", b"400", b"426"}
    assert victim.complaints == []


@pytest.mark.parametrize("extension", ["permessage-deflate", "x-webkit-deflate-frame"])
async def test_no_extension_is_accepted(victim: Victim, extension: str) -> None:
    async with connected(victim.port) as attacker:
        await attacker.send(handshake(victim.port, Sec_WebSocket_Extensions=extension))
        async with asyncio.timeout(60):
            answer = await attacker.reader.readuntil(b"\r\n\r\n")

    assert b" 101 " in answer
    assert b"sec-websocket-extensions" not in answer.lower()


async def test_bytes_before_the_answer_leave_nothing_behind(victim: Victim) -> None:
    """Hypercorn 0.18 refuses them and never tells the application, which waits for ever."""
    async with bystander(victim):
        for _ in range(20):
            async with connected(victim.port) as attacker:
                await attacker.send(handshake(victim.port) + b"\x81\x85" + bytes(9))
                async with asyncio.timeout(60):
                    status = (await attacker.reader.readuntil(b"\r\n\r\n")).split()[1]
                assert status in {b"101", b"400"}

    await victim.until(lambda figures: figures["connections"] == figures["admitted"] == 0)
    assert victim.complaints == []
