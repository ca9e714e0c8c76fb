"""More than anybody needs: messages, pings, fragments, subscriptions. All of it ends with 4529."""

import asyncio
import json
import time
from dataclasses import dataclass

import pytest

from tests.abuse.attacker import CONTINUATION
from tests.abuse.attacker import HELLO
from tests.abuse.attacker import PING
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

GROWTH_MAX_BYTES = 4 * MIB
ENDLESS_SECONDS = 2.0
CPU_MAX_SECONDS = 10 * 0.5  # ten times the bar
TICK_SECONDS = 0.05


@dataclass(frozen=True)
class Flood:
    """What is sent, and how often a second: twenty times what is allowed."""

    piece: bytes
    per_second: int
    first: bytes = b""
    has_bye: bool = False


PONG = b'{"type":"pong"}\n'
FLOODS = {
    "commands": Flood(text('{"type":"history","id":9,"topic":"room:7"}'), 400, has_bye=True),
    "unknown commands": Flood(text('{"type":"dance","id":9}'), 400, has_bye=True),
    "subscriptions": Flood(text('{"type":"subscribe","id":9,"topic":"room:7"}'), 1_000, b"", True),
    "pings": Flood(frame(PING, b"x" * 125), 2_000),
    "empty messages": Flood(frame(TEXT), 2_000),
    "empty fragments": Flood(
        frame(CONTINUATION, first=CONTINUATION), 2_000, frame(TEXT, first=TEXT)
    ),
    "large frames of pongs": Flood(frame(TEXT, PONG * 8_000), 40, has_bye=True),
    "large frames of blank lines": Flood(frame(TEXT, b"\n" * 128 * KIB), 40, has_bye=True),
}


async def flood(attacker: Attacker, what: Flood) -> Ending:
    """Sends at the rate of the flood until the other side ends it."""
    ending = asyncio.create_task(attacker.ending())
    await attacker.send(what.first)
    began, sent = time.monotonic(), 0
    while not ending.done():
        due = (time.monotonic() - began + TICK_SECONDS) * what.per_second
        await attacker.pour(what.piece, times=max(0, round(due) - sent))
        sent = round(due)
        await asyncio.wait({ending}, timeout=TICK_SECONDS)
    return await ending


@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_is_ended_and_costs_little(victim: Victim, name: str) -> None:
    async with bystander(victim), attacking(victim.port) as attacker:
        await attacker.hello()
        before, before_bytes = await victim.figures(), victim.rss_bytes()

        ending = await flood(attacker, FLOODS[name])
        after, grown_bytes = await victim.figures(), victim.rss_bytes() - before_bytes

    print(f"{name}: ended after {ending.seconds:.2f} s")
    assert ending.code == 4529
    assert (ending.bye is not None) == FLOODS[name].has_bye
    assert after["cpu_seconds"] - before["cpu_seconds"] < CPU_MAX_SECONDS
    assert grown_bytes < GROWTH_MAX_BYTES
    await victim.until(lambda figures: figures["connections"] == 0)
    assert victim.complaints == []


@pytest.mark.parametrize("name", ["pings", "empty messages", "large frames of blank lines"])
async def test_without_the_limits_a_flood_goes_on(unprotected: Victim, name: str) -> None:
    async with attacking(unprotected.port) as attacker:
        await attacker.hello()

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(ENDLESS_SECONDS):
                await flood(attacker, FLOODS[name])


async def test_before_hello_a_flood_is_ended_too(victim: Victim) -> None:
    async with attacking(victim.port) as attacker:
        ending = await flood(attacker, FLOODS["empty messages"])

    assert ending.code == 4529


async def test_pings_of_a_client_that_does_not_read_do_not_pile_up(victim: Victim) -> None:
    async with bystander(victim), attacking(victim.port) as attacker:
        attacker.writer.transport.pause_reading()  # type: ignore[attr-defined]
        before_bytes = victim.rss_bytes()

        await attacker.pour(frame(PING, b"x" * 125), times=990)
        await victim.figures()

    assert victim.rss_bytes() - before_bytes < MIB


async def test_a_hello_with_thousands_of_topics_gets_as_many_as_are_allowed(
    victim: Victim,
) -> None:
    """10,000 topics do not fit into a line, and a line is what a command has to fit into."""
    wanted = [{"topic": f"room:{number}"} for number in range(2_500)]
    async with bystander(victim), attacking(victim.port) as attacker:
        before_bytes = victim.rss_bytes()

        reply = await attacker.hello(*wanted)
        figures, grown_bytes = await victim.figures(), victim.rss_bytes() - before_bytes

    outcomes = reply["result"]["subscriptions"]
    assert [outcome["topic"] for outcome in outcomes] == [one["topic"] for one in wanted]
    assert sum("epoch" in outcome for outcome in outcomes) == 128
    assert {outcome["error"]["code"] for outcome in outcomes[128:]} <= {"rate_limited", "invalid"}
    assert figures["subscriptions"] == 128 + 1
    assert grown_bytes < 8 * MIB


async def test_a_subscribe_over_the_limit_is_refused_and_the_rest_stays(victim: Victim) -> None:
    wanted = [{"topic": f"room:{number}"} for number in range(128)]
    async with attacking(victim.port) as attacker:
        await attacker.hello(*wanted)

        await attacker.send(text(json.dumps({"type": "subscribe", "id": 2, "topic": "room:x"})))
        _, payload = await attacker.next_frame()

    assert "error" in json.loads(payload)


async def test_without_the_limits_one_client_takes_thousands_of_topics(
    unprotected: Victim,
) -> None:
    wanted = [{"topic": f"room:{number}"} for number in range(2_500)]
    async with attacking(unprotected.port) as attacker:
        reply = await attacker.hello(*wanted)

    assert all("epoch" in outcome for outcome in reply["result"]["subscriptions"])


async def test_bytes_after_our_goodbye_are_few(victim: Victim) -> None:
    """A hostile client does not stop at a close frame; it is cut, not listened to."""
    async with bystander(victim), attacking(victim.port) as attacker:
        before_bytes = victim.rss_bytes()
        await attacker.send(text("no frame of ours"))

        await attacker.pour(frame(TEXT, HELLO * 1_000), times=2_000)
        ending = await attacker.ending()
        grown_bytes = victim.rss_bytes() - before_bytes

    assert ending.code in {4400, None}
    assert grown_bytes < MIB
    await victim.until(lambda figures: figures["connections"] == 0)
