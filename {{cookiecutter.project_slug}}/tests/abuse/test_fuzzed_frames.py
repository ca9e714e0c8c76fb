"""Every command of the protocol with anything in its fields: only catalogued answers come."""

import asyncio
import json
from typing import Any
from typing import get_args

from hypothesis import HealthCheck
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import ErrorCode
from tests.abuse.attacker import CLOSE
from tests.abuse.attacker import TEXT
from tests.abuse.attacker import Attacker
from tests.abuse.attacker import attacking
from tests.abuse.attacker import frame
from tests.abuse.attacker import text
from tests.abuse.victim import Victim
from tests.abuse.victim import bystander

COMMANDS = ["hello", "subscribe", "unsubscribe", "publish", "signal", "call", "history",
            "presence", "refresh", "pong"]  # fmt: skip
FIELDS = ["id", "topic", "data", "since", "key", "limit", "reverse", "method", "deadline_ms",
          "ticket", "client", "subscriptions", "presence", "connection", "type"]  # fmt: skip
LAST_ID = 7_777_777
CODES = set(get_args(ErrorCode))
# What the parser of the server closes with on its own.
PARSER_CODES = {1002, 1007, 1009, 4529}

# JSON text, not values: much of it is what no encoder would write.
odd = st.sampled_from(
    [
        "NaN", "-Infinity", "1e999", "-0", "01", "1.5", "-1", "0", "1", "9" * 400,
        str(2**53 - 1), str(2**53), str(2**63), str(2**64), "true", "null", '""', "{}", "[]",
        r'"\ud800"', r'"\udfff\ud800"', r'"\u0000"', '"\x00"', '"\u2028"', '"\ufeff"',
        "[" * 100 + "]" * 100, '{"a":' * 100 + "1" + "}" * 100, "[" * 5_000, '"' + "x" * 300 + '"',
        '"room:7"', '"room:secret"', '"nosuch:1"', '"room"', '":"', '"figures:1"', '"room:\\r\\n"',
        '{"epoch":"e","offset":-1}', '{"epoch":7,"offset":"7"}', '{"epoch":"' + "e" * 65 + '"}',
        '[{"topic":"room:7"},{"topic":"room:7"}]', '[{"topic":"room:8","since":{}}]', "[null]",
    ]
)  # fmt: skip
value = odd | st.text(max_size=20).map(json.dumps) | st.integers().map(str)
key = st.sampled_from(FIELDS) | st.text(max_size=8)
pairs = st.lists(st.tuples(key, value), max_size=6)  # the same key may come twice
kinds = st.sampled_from(COMMANDS) | st.sampled_from(["reply", "message", "bye", "dance", ""])
ids = st.none() | st.integers(min_value=1, max_value=50).map(str) | odd


def written(kind: str, command_id: str | None, fields: list[tuple[str, str]]) -> str:
    """Returns one line."""
    members = [("type", json.dumps(kind)), *fields]
    if command_id is not None:
        members.insert(1, ("id", command_id))
    return "{" + ",".join(f"{json.dumps(name)}:{content}" for name, content in members) + "}"


lines = st.builds(written, kinds, ids, pairs) | value
payloads = st.lists(lines, min_size=1, max_size=4).map(
    lambda several: "\n".join(several).encode("utf-8", "surrogatepass")
)


async def answers(attacker: Attacker) -> tuple[list[dict[str, Any]], int | None]:
    """Returns what is said until the last command is answered, or the code of a close."""
    said: list[dict[str, Any]] = []
    while not any(line.get("id") == LAST_ID for line in said):
        opcode, payload = await attacker.next_frame()
        if opcode == CLOSE:
            return said, int.from_bytes(payload[:2])
        assert opcode == TEXT
        said += [json.loads(line) for line in payload.split(b"\n")]
    return said, None


def check(said: list[dict[str, Any]], code: int | None) -> None:
    """Holds answers to the catalogue."""
    refused = {line["error"]["code"] for line in said if "error" in line}
    assert refused <= CODES
    assert "internal" not in refused
    if code is not None:
        byes = [line["code"] for line in said if line["type"] == "bye"]
        assert byes == [code] or (not byes and code in PARSER_CODES), (said, code)
        assert code in {*CloseCode, *PARSER_CODES}
        assert code != CloseCode.INTERNAL


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(payload=payloads, is_greeted=st.booleans())
@example(payload=b"\xff\xfe", is_greeted=True)
@example(payload=b'{"type":"presence","id":1,"topic":"room:\xed\xa0\x80"}', is_greeted=True)
async def test_whatever_a_frame_says_is_answered_from_the_catalogue(
    victim: Victim, payload: bytes, is_greeted: bool
) -> None:
    async with asyncio.timeout(60), attacking(victim.port) as attacker:
        if is_greeted:
            await attacker.hello({"topic": "room:7"})

        await attacker.send(frame(TEXT, payload))
        await attacker.send(text(json.dumps({"type": "dance", "id": LAST_ID})))
        said, code = await answers(attacker)

    check(said, code)
    assert victim.complaints == []


async def test_who_watches_hears_nothing_of_what_others_garble(victim: Victim) -> None:
    async with bystander(victim), attacking(victim.port) as attacker:
        await attacker.hello({"topic": "room:bystander"})
        for line in [written(kind, "5", [("topic", '"room:bystander"')]) for kind in COMMANDS]:
            await attacker.send(text(line))

        await attacker.send(text(json.dumps({"type": "dance", "id": LAST_ID})))
        check(*await answers(attacker))
