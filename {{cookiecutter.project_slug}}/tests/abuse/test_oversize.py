"""Messages that are too big: refused by their header, and nothing of them is kept."""

import asyncio
import json
import zlib

import pytest

from tests.abuse.attacker import BINARY
from tests.abuse.attacker import CONTINUATION
from tests.abuse.attacker import FIN
from tests.abuse.attacker import RSV1
from tests.abuse.attacker import TEXT
from tests.abuse.attacker import Attacker
from tests.abuse.attacker import Ending
from tests.abuse.attacker import attacking
from tests.abuse.attacker import frame
from tests.abuse.attacker import text
from tests.abuse.victim import KIB
from tests.abuse.victim import MIB
from tests.abuse.victim import Victim
from tests.abuse.victim import bystander
from tests.stock_service import Stock

GROWTH_MAX_BYTES = 1 * MIB
PIECE = b"x" * 64 * KIB
FRAGMENT = frame(CONTINUATION, b"x" * KIB, first=CONTINUATION)

OVERSIZED = {
    "32 MiB in one frame": (frame(TEXT, PIECE, length=32 * MIB), PIECE, 511),
    "32 MiB of binary": (frame(BINARY, PIECE, length=32 * MIB), PIECE, 511),
    "32 MiB in fragments of 1 KiB": (frame(TEXT, b"{", first=TEXT), FRAGMENT, 32 * KIB),
    "a declared length of 2**62": (frame(TEXT, PIECE, length=2**62), PIECE, 511),
    "one byte more than a message may have": (
        frame(TEXT, PIECE, length=256 * KIB + 1),
        PIECE,
        4,
    ),
}


async def attack(attacker: Attacker, first: bytes, rest: bytes, times: int) -> Ending:
    """Sends a beginning and goes on, whatever the other side says."""
    ending = asyncio.create_task(attacker.ending())
    await attacker.send(first)
    await attacker.pour(rest, times=times)
    return await ending


@pytest.mark.parametrize("name", OVERSIZED)
async def test_a_message_that_is_too_big_ends_with_1009_and_is_not_kept(
    victim: Victim, name: str
) -> None:
    async with bystander(victim), attacking(victim.port) as attacker:
        await attacker.hello()
        before_bytes = victim.rss_bytes()

        ending = await attack(attacker, *OVERSIZED[name])
        grown_bytes = victim.rss_bytes() - before_bytes

    assert ending.code == 1009
    assert grown_bytes < GROWTH_MAX_BYTES
    await victim.until(lambda figures: figures["connections"] == 0)
    assert victim.complaints == []


async def test_a_line_that_is_too_big_ends_with_a_goodbye_and_1009(victim: Victim) -> None:
    async with bystander(victim), attacking(victim.port) as attacker:
        await attacker.hello()

        await attacker.send(text(json.dumps({"type": "pong", "padding": "x" * 64 * KIB})))
        ending = await attacker.ending()

    assert ending.code == 1009
    assert ending.bye == {
        "type": "bye",
        "code": 1009,
        "reason": "line too big",
        "retry": True,
    }


async def test_without_the_limits_an_oversized_message_is_kept(unprotected: Victim) -> None:
    async with attacking(unprotected.port) as attacker:
        await attacker.hello()
        before_bytes = unprotected.rss_bytes()

        await attacker.send(frame(TEXT, PIECE, length=32 * MIB))
        await attacker.pour(PIECE, times=510)
        async with asyncio.timeout(60):
            while unprotected.rss_bytes() - before_bytes < 24 * MIB:  # noqa: ASYNC110 - a process
                await asyncio.sleep(0.05)


UNFINISHED = frame(TEXT, "🌍".encode() * (63 * KIB), first=TEXT)
MANY = 40


async def test_messages_that_are_never_finished_are_bounded_together(victim: Victim) -> None:
    """A client may hold a message below the limit open; text counts four bytes a character."""
    attackers = [attacking(victim.port) for _ in range(MANY)]
    async with bystander(victim):
        before_bytes = victim.rss_bytes()
        opened = [await one.__aenter__() for one in attackers]
        for attacker in opened:
            await attacker.hello()
            await attacker.send(UNFINISHED)
        await victim.figures()
        grown_bytes = victim.rss_bytes() - before_bytes
        for one in attackers:
            await one.__aexit__(None, None, None)

    assert grown_bytes < MANY * 2 * 256 * KIB + MIB
    await victim.until(lambda figures: figures["connections"] == 0)


BOMB = frame(TEXT, b"\x00" * 256 * KIB, first=FIN | RSV1 | TEXT)


async def test_a_deflate_bomb_is_refused_as_what_it_is(victim: Victim) -> None:
    """Nothing was negotiated, so RSV1 is an error and nothing is ever inflated."""
    async with bystander(victim):
        before_bytes = victim.rss_bytes()
        endings = []
        for _ in range(10):
            async with attacking(
                victim.port, Sec_WebSocket_Extensions="permessage-deflate"
            ) as attacker:
                await attacker.hello()
                endings.append(await attack(attacker, BOMB, BOMB, 1))
        grown_bytes = victim.rss_bytes() - before_bytes

    assert [ending.code for ending in endings] == [1002] * 10
    assert grown_bytes < 8 * MIB
    assert victim.complaints == []


INFLATED_BYTES = 24 * MIB


def real_bomb() -> bytes:
    """Returns one frame that a server inflates to so many bytes (RFC 7692, section 7.2.1)."""
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    data = deflate.compress(bytes(INFLATED_BYTES)) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return frame(TEXT, data[:-4], first=FIN | RSV1 | TEXT)


async def test_hypercorn_as_it_comes_inflates_a_bomb(stock: Stock) -> None:
    bomb = real_bomb()
    before_bytes = stock.most_resident_bytes
    async with attacking(stock.port, Sec_WebSocket_Extensions="permessage-deflate") as attacker:
        await attacker.send(bomb)
        async with asyncio.timeout(60):
            while stock.most_resident_bytes - before_bytes < INFLATED_BYTES:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    assert len(bomb) < 32 * KIB
