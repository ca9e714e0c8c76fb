"""The document says what the server does: same types, same fields, same codes, real frames."""

import inspect
import json
from collections.abc import Iterator
from typing import Any
from typing import get_args

import httpx
import pytest

from app.realtime.backplane import Entry
from app.realtime.backplane import Position
from app.realtime.backplane import Published
from app.realtime.hub import topic_log
from app.realtime.presence_store import Diff
from app.realtime.presence_store import Member
from app.realtime.presence_store import Snapshot
from app.realtime.protocol import frames
from app.realtime.protocol import pushes
from app.realtime.protocol.asyncapi import CLIENT_TYPES
from app.realtime.protocol.asyncapi import asyncapi
from app.realtime.protocol.batch import EventName
from app.realtime.protocol.close_codes import CATALOGUE
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import SUBPROTOCOL
from app.realtime.protocol.messages import ErrorCode
from app.realtime.protocol.messages import Refusal
from app.realtime.subscribing import recovery
from tests.documents import ROOT
from tests.realtime.contract import faults
from tests.realtime.contract import faults_of_push
from tests.realtime.rig import ORIGIN
from tests.realtime.rig import Frame
from tests.realtime.rig import Rig

PLACE = Position("e1", 3)
ENTRY = Entry(3, b'{"any": ["thing", null]}')
ADA = Member(user="u-1", meta={"name": "Ada"})
REFUSAL = Refusal("rate_limited", "slow down", retry=True, after_ms=250)
PREFIX = frames.message_prefix("room:7")

PUSHED = {
    "message": frames.message(PREFIX, ENTRY),
    "signal": frames.signal(PREFIX, b"1"),
    "gap": frames.gap("room:7", "lost", PLACE),
    "presence": frames.presence("room:7", Diff(2, [ADA], [], 1), members_max=5),
    "presence of many": frames.presence("room:7", Diff(2, [ADA], [], 9), members_max=5),
    "unsubscribed": frames.unsubscribed("room:7", REFUSAL),
    "status": frames.status(degraded=True),
    "expiring": frames.expiring(60_000),
    "drain": frames.drain(after_ms=0, window_ms=5_000),
    "ping": frames.PING,
    "bye": frames.bye(CloseCode.SLOW, "slow"),
    "bye for a while": frames.bye(CloseCode.OVERLOADED, "full", after_ms=5_000),
}
SUBSCRIBED = frames.subscription(
    "room:7",
    PLACE,
    messages=[ENTRY],
    recovered=True,
    who=Snapshot(1, 1, [ADA]),
)
FACTS = {"connection": "c-1", "ping_ms": 1, "pong_ms": 1, "retry_window_ms": 1, "max_bytes": 1}
GREETING = frames.greeting(FACTS, [SUBSCRIBED, frames.refused_subscription("room:8", REFUSAL)])
REPLIED = [
    ("reply_hello", frames.result(1, GREETING)),
    ("reply_subscribe", frames.result(1, SUBSCRIBED)),
    ("reply_subscribe", frames.result(1, frames.subscription("room:7", PLACE))),
    (
        "reply_subscribe",
        frames.result(1, frames.subscription("room:7", PLACE, recovered=False, reason="trimmed")),
    ),
    ("reply_unsubscribe", frames.result(1, b"{}")),
    ("reply_publish", frames.result(1, frames.published(Published("e1", 3, duplicate=True)))),
    ("reply_call", frames.result(1, frames.called(b"[1]"))),
    ("reply_history", frames.result(1, frames.history(PLACE, [ENTRY], more=False))),
    ("reply_presence", frames.result(1, frames.snapshot(Snapshot(1, 1, [ADA])))),
    ("reply_presence", frames.result(1, frames.snapshot(Snapshot(1, 900, None)))),
    ("reply_refresh", frames.result(1, frames.refreshed(900))),
    ("reply_refresh", frames.result(1, frames.refreshed(None))),
    ("refusal", frames.error(1, REFUSAL)),
    ("refusal", frames.error(1, Refusal("forbidden", "not allowed"))),
    ("refusal", frames.error(None, Refusal("forbidden", "not allowed"))),
]
# What only builds a part of a frame, or wraps whole ones.
PARTS = {"one_line", "message_prefix", "refusal_value", "text_frame", "event"}


def references(part: Any) -> Iterator[str]:
    """Yields every reference of a document."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for one in part:
            yield from references(one)


def test_the_committed_copy_is_what_the_code_says() -> None:
    # When this fails the contract has changed: app asyncapi >docs/asyncapi.json
    committed = json.loads((ROOT / "docs/asyncapi.json").read_text())

    assert committed == asyncapi(title=SUBPROTOCOL)


def test_every_reference_leads_somewhere() -> None:
    document = asyncapi(title="test")
    found = set(references(document))

    assert len(found) > 50
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_command_has_its_answer_and_every_event_its_shape() -> None:
    assert set(pushes.RESULTS) == set(CLIENT_TYPES)
    assert set(pushes.PUSHES) == set(get_args(EventName)) - {"reply"}


def test_the_codes_and_reasons_are_those_of_the_code() -> None:
    document = asyncapi(title="test")

    assert document["x-error-codes"] == list(get_args(ErrorCode))
    assert set(document["x-close-codes"]) == {str(int(code)) for code in CATALOGUE}
    assert get_args(pushes.GapReason) == get_args(topic_log.GapReason)
    assert get_args(pushes.ResumeReason) == get_args(recovery.Reason)


@pytest.mark.parametrize("line", PUSHED.values(), ids=PUSHED)
def test_a_frame_that_is_pushed_has_its_shape(line: bytes) -> None:
    assert faults_of_push(line) == []


@pytest.mark.parametrize(("message", "line"), REPLIED)
def test_a_reply_has_its_shape(message: str, line: bytes) -> None:
    assert faults(message, json.loads(line)) == []


def test_a_stream_begins_with_its_greeting() -> None:
    assert faults_of_push(frames.welcome(GREETING), channel="stream") == []


def test_no_way_to_build_a_frame_was_forgotten() -> None:
    built = {
        name
        for name, value in vars(frames).items()
        if inspect.isfunction(value)
        and not name.startswith("_")
        and value.__module__ == frames.__name__
    }
    source = inspect.getsource(inspect.getmodule(test_no_way_to_build_a_frame_was_forgotten))  # type: ignore[arg-type]

    assert {name for name in built - PARTS if f"frames.{name}(" not in source} == set()


@pytest.mark.parametrize(
    "change", [{"new": 1}, {"offset": "3"}, {"reason": "weather"}, {"type": "gop"}]
)
def test_a_frame_that_has_changed_is_noticed(change: Frame) -> None:
    gap = json.loads(PUSHED["gap"])
    assert faults("push_gap", gap) == []

    assert faults("push_gap", gap | change) != []


async def ask(rig_socket: Any, kind: str, **fields: Any) -> list[str]:
    """Has one command answered; returns what is wrong with it and with its reply."""
    asked = {"type": kind, "id": 1, **fields}
    reply = await rig_socket.ask(kind, **fields)
    answer = "refusal" if "error" in reply else f"reply_{kind}"
    return faults(kind, asked) + faults(answer, reply)


async def test_a_conversation_with_a_live_server_keeps_to_the_document(rig: Rig) -> None:
    await rig.publish("room:7", 1, {"two": 2})
    since = {"epoch": "e1", "offset": 1}
    async with rig.socket() as socket, rig.socket("grace") as other:
        topics = [{"topic": "room:7", "since": since, "presence": True}, {"topic": "room:secret"}]
        found = await ask(socket, "hello", client="test/1", subscriptions=topics)
        await other.hello({"topic": "room:7", "presence": True})
        found += faults_of_push(json.dumps(await socket.receive()))
        for kind, fields in (
            ("subscribe", {"topic": "room:8"}),
            ("unsubscribe", {"topic": "room:8"}),
            ("history", {"topic": "room:7", "limit": 5}),
            ("presence", {"topic": "room:7"}),
            ("publish", {"topic": "room:7", "data": 1}),
            ("call", {"method": "nothing", "data": None}),
            ("refresh", {"ticket": "no ticket"}),
        ):
            found += await ask(socket, kind, **fields)
        await other.connection.send('{"type":"signal","topic":"room:7","data":1,"key":"typing"}')
        await rig.publish("room:7", "three")
        heard = [await socket.receive() for _ in range(2)]
        found += [fault for frame in heard for fault in faults_of_push(json.dumps(frame))]

    assert [frame["type"] for frame in heard] == ["message", "message"]
    assert found == []


async def test_commands_over_http_keep_to_the_document(rig: Rig) -> None:
    headers = {"cookie": "session=ada", "origin": ORIGIN}
    address = f"http://127.0.0.1:{rig.port}/realtime/commands"
    found = []
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        for kind, fields in (
            ("history", {"topic": "room:7", "limit": 5}),
            ("presence", {"topic": "room:7"}),
            ("publish", {"topic": "room:secret", "data": 1}),
        ):
            asked = {"type": kind, "id": 1, **fields}
            reply = (await client.post(address, json=asked)).json()
            answer = "refusal" if "error" in reply else f"reply_{kind}"
            found += faults(kind, asked) + faults(answer, reply)

    assert found == []


async def test_a_live_stream_keeps_to_the_document(rig: Rig) -> None:
    async with rig.stream("room:7", "room:secret") as stream:
        welcome = await stream.receive()
        await rig.publish("room:7", 1)
        events = [welcome, await stream.receive()]

    assert [event.name for event in events] == ["welcome", "message"]
    lines = [json.dumps(event.frame) for event in events]
    assert [fault for line in lines for fault in faults_of_push(line, channel="stream")] == []
