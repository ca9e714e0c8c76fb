"""The page about close codes, row by row against the live endpoint."""

import json
import re
from typing import Any

import pytest

from tests.abuse.attacker import BINARY
from tests.abuse.attacker import CLOSE
from tests.abuse.attacker import CONTINUATION
from tests.abuse.attacker import FIN
from tests.abuse.attacker import HELLO
from tests.abuse.attacker import PING
from tests.abuse.attacker import RSV1
from tests.abuse.attacker import TEXT
from tests.abuse.attacker import attacking
from tests.abuse.attacker import frame
from tests.abuse.attacker import text
from tests.abuse.victim import KIB
from tests.abuse.victim import Victim
from tests.programs import ROOT

PAGE = (ROOT / "docs/close-codes.md").read_text().partition("## What a client may get wrong")[2]
ROWS = dict(re.findall(r"^\| (?!The client sends|-)(.+?) \| (.+?) \|$", PAGE, re.M))


def command(kind: str, command_id: Any = 2, **fields: Any) -> bytes:
    """Returns a frame with one command."""
    return text(json.dumps({"type": kind, "id": command_id, **fields}))


BEFORE_HELLO = {
    "another command before `hello`": command("presence", topic="room:7"),
    "`hello` without a session": text(HELLO.decode()),
}
SENT = {
    "a frame that is not masked": frame(TEXT, HELLO, masked=False),
    "a reserved bit, which would mean compressed": frame(TEXT, HELLO, first=FIN | RSV1 | TEXT),
    "a reserved opcode": frame(0x3, HELLO),
    "a continuation of nothing": frame(CONTINUATION, HELLO),
    "a fragmented or an oversized control frame": frame(PING, b"x" * 126),
    "a close frame with no valid code": frame(CLOSE, b"\x03\xed"),
    "text that is not UTF-8": frame(TEXT, b"\xff"),
    "a message over 256 KiB, or one that announces it": frame(TEXT, b"", length=256 * KIB + 1),
    "more than 1,000 frames in ten seconds, of any kind": frame(TEXT) * 1_001,
    "a line over 64 KiB": command("pong", padding="x" * 64 * KIB),
    "a binary frame": frame(BINARY, HELLO),
    "a line that is not JSON": text("no JSON"),
    "a line that is no object": text("[1]"),
    "an object without `type`": text('{"id":1}'),
    "a command without `id`": text('{"type":"presence","topic":"room:7"}'),
    "an `id` below 1 or above 2^53-1": command("presence", 2**53, topic="room:7"),
    "a hundred commands over the rate": command("dance") * 161,
    "an unknown `type` with an `id`": command("dance"),
    "a field of the wrong type": command("presence", topic=7),
    "a second `hello`": command("hello"),
    "an unknown namespace": command("subscribe", topic="nosuch:1"),
    "a topic that is forbidden": command("subscribe", topic="room:secret"),
    "`unsubscribe` from what was never subscribed": command("unsubscribe", topic="room:9"),
    "more than 128 topics": command("subscribe", topic="room:one-more"),
}
MANY = [{"topic": f"room:{number}"} for number in range(128)]


def test_the_page_and_the_tests_have_the_same_rows() -> None:
    assert set(ROWS) == {*SENT, *BEFORE_HELLO}


@pytest.mark.parametrize("row", SENT)
async def test_a_row_is_what_a_client_gets(victim: Victim, row: str) -> None:
    kind, code = ROWS[row].split()
    async with attacking(victim.port) as attacker:
        await attacker.hello(*(MANY if "128" in row else []))
        await attacker.send(SENT[row])

        if kind == "error":
            opcode, payload = await attacker.next_frame()
            assert opcode == TEXT
            assert json.loads(payload)["error"]["code"] == code.strip("`")
        else:
            ending = await attacker.ending()
            assert ending.code == int(code)
            assert (ending.bye is None) == (row in PAGE.partition("Our endpoint ends these")[0])


@pytest.mark.parametrize("row", BEFORE_HELLO)
async def test_a_row_about_the_beginning_is_what_a_client_gets(victim: Victim, row: str) -> None:
    cookie = "session=nobody" if "session" in row else "session=ada"
    async with attacking(victim.port, Cookie=cookie) as attacker:
        await attacker.send(BEFORE_HELLO[row])
        _, bye = await attacker.next_frame()
        opcode, code = await attacker.next_frame()

    assert json.loads(bye)["type"] == "bye"
    assert opcode == CLOSE
    assert f"close {int.from_bytes(code[:2])}" == ROWS[row]
