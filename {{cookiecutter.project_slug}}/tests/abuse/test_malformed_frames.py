"""Frames that break RFC 6455: each is ended at once with a code, and nobody else notices."""

import pytest

from tests.abuse.attacker import BINARY
from tests.abuse.attacker import CLOSE
from tests.abuse.attacker import CONTINUATION
from tests.abuse.attacker import FIN
from tests.abuse.attacker import HELLO
from tests.abuse.attacker import PING
from tests.abuse.attacker import RSV1
from tests.abuse.attacker import SECONDS
from tests.abuse.attacker import TEXT
from tests.abuse.attacker import attacking
from tests.abuse.attacker import frame
from tests.abuse.victim import Victim
from tests.abuse.victim import bystander
from tests.stock_service import Stock

ENDLESS_SECONDS = 1.0
UNENDING = -1

MALFORMED = {
    "not masked": (frame(TEXT, HELLO, masked=False), 1002),
    "RSV1, which would mean compressed": (frame(TEXT, HELLO, first=FIN | RSV1 | TEXT), 1002),
    "RSV2": (frame(TEXT, HELLO, first=FIN | 0x20 | TEXT), 1002),
    "RSV3": (frame(TEXT, HELLO, first=FIN | 0x10 | TEXT), 1002),
    "a data opcode that is reserved": (frame(0x3, HELLO), 1002),
    "a control opcode that is reserved": (frame(0xB), 1002),
    "a continuation of nothing": (frame(CONTINUATION, HELLO), 1002),
    "a new message inside another": (frame(TEXT, b"{", first=TEXT) + frame(TEXT, b"}"), 1002),
    "a fragmented ping": (frame(PING, b"", first=PING), 1002),
    "a ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "a fragmented close": (frame(CLOSE, b"", first=CLOSE), 1002),
    "a close of one byte": (frame(CLOSE, b"\x03"), 1002),
    "a close with a code below 1000": (frame(CLOSE, b"\x03\xe7"), 1002),
    "a close with 1005": (frame(CLOSE, b"\x03\xed"), 1002),
    "a close with 1006": (frame(CLOSE, b"\x03\xee"), 1002),
    "a close with 5000": (frame(CLOSE, b"\x13\x88"), 1002),
    "a close with a reason that is not UTF-8": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
    "text that is not UTF-8": (frame(TEXT, b"\xff\xfe"), 1007),
    "text with a surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "a fragment that is not UTF-8": (frame(TEXT, b"\xce\xba\xf8", first=TEXT), 1007),
    "a length in more bytes than it takes": (b"\x81\xfe\x00\x05" + bytes(9), 1002),
    "a length with the highest bit": (b"\x81\xff" + b"\xff" * 8 + bytes(4), 1002),
    "a binary length of 2**62": (frame(BINARY, b"", length=2**62), 1009),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_frame_ends_its_connection_at_once_and_no_other(
    victim: Victim, name: str
) -> None:
    malformed, code = MALFORMED[name]
    async with bystander(victim), attacking(victim.port) as attacker:
        await attacker.hello()

        await attacker.send(malformed)
        ending = await attacker.ending()

    assert ending.code == code
    assert ending.bye is None  # the parser of the server has none
    await victim.until(lambda figures: figures["connections"] == 0)
    assert victim.complaints == []


@pytest.mark.parametrize("name", ["not masked", "text that is not UTF-8"])
async def test_before_hello_it_ends_as_well(victim: Victim, name: str) -> None:
    malformed, code = MALFORMED[name]
    async with attacking(victim.port) as attacker:
        await attacker.send(malformed)
        ending = await attacker.ending()

    assert ending.code == code


async def test_hypercorn_as_it_comes_ends_without_a_word_or_not_at_all(stock: Stock) -> None:
    endless = "a binary length of 2**62"
    codes = {}
    for name, (malformed, _) in MALFORMED.items():
        async with attacking(stock.port) as attacker:
            await attacker.send(malformed)
            try:
                seconds = ENDLESS_SECONDS if name == endless else SECONDS
                codes[name] = (await attacker.ending(seconds=seconds)).code
            except TimeoutError:
                codes[name] = UNENDING

    assert {name for name, code in codes.items() if code == UNENDING} == {endless}
    assert {code for code in codes.values() if code != UNENDING} == {None}
