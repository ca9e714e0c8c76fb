"""REALTIME, section 10, "Precisely": what no other test of this folder holds, line by line."""

import base64
import json
import logging
from typing import Any

import pytest
import structlog

from app.realtime.protocol.cursor import list_hash
from tests.realtime.rig import Rig
from tests.realtime.rig import running
from tests.realtime.rig import until

EVERYTHING = {
    "subscribe": {},
    "publish": {"data": 1},
    "history": {"limit": 1},
    "presence": {},
}


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"subscribe","id":1,"topic":"room:7"}',
        '{"type":"publish","id":1,"topic":"board:7","data":1}',
        '{"type":"signal","topic":"room:7","data":1}',
        '{"type":"call","id":1,"method":"x","data":1}',
        '{"type":"refresh","id":1,"ticket":"t"}',
        '{"type":"dance","id":1}',
        '{"type":"pong"}',
        '{"type":"hello"}',
        '{"type":"hello","id":"1"}',
        '{"type":"hello","id":-1}',
    ],
)
async def test_the_first_frame_is_a_hello_with_an_id(rig: Rig, text: str) -> None:
    async with rig.socket() as ada:
        await ada.connection.send(text)

        bye = await ada.receive()
        assert (bye["type"], bye["code"], bye["retry"]) == ("bye", 4400, False)
        assert await ada.closed() == 4400


async def test_nothing_is_sent_before_the_reply_to_hello(rig: Rig) -> None:
    async with rig.socket() as ada:
        rig.backplane.set_away(True)
        rig.backplane.set_away(False)
        rig.backplane.set_away(True)

        assert (await ada.ask("hello"))["result"]
        assert (await ada.receive())["type"] == "status"


async def test_a_membership_that_ends_during_hello_is_told_in_its_reply_alone(rig: Rig) -> None:
    ada_id = rig.door.people["ada"].own_id
    core = rig.realtime._core

    def remove() -> None:
        rig.door.forbidden_keys.add("7")
        rig.realtime._control._end_subscription("room:7", ada_id)

    async with rig.socket() as ada:
        rig.backplane.during_next_reading = remove

        result = await ada.hello({"topic": "room:7"}, {"topic": "room:8"})

        assert result["subscriptions"][0]["error"]["code"] == "forbidden"
        await rig.publish("room:8", 1)
        assert (await ada.receive())["data"] == 1
        assert "room:7" not in core.hub.topics


@pytest.mark.parametrize("kind", EVERYTHING)
async def test_only_what_is_not_declared_is_unknown(rig: Rig, kind: str) -> None:
    rig.door.forbidden_keys.add("no-such-room")
    async with rig.socket() as ada:
        await ada.hello()
        codes = [
            (await ada.ask(kind, topic=topic, **EVERYTHING[kind]))["error"]["code"]
            for topic in ("nothing:7", "board", "board:", "control:all", "board:secret")
        ]
        there = await ada.ask(kind, topic="board:secret", **EVERYTHING[kind])
        not_there = await ada.ask(kind, topic="board:no-such-room", **EVERYTHING[kind])

    assert codes == ["unknown_topic"] * 4 + ["forbidden"]
    assert there["error"] == not_there["error"]


async def test_a_stream_whose_cursor_is_above_the_top_begins_anew(rig: Rig) -> None:
    await rig.publish("room:7", 1, 2)
    async with rig.stream("room:7") as stream:
        cursor = (await stream.receive()).cursor
    rig.backplane.forget_everything("e1")
    await rig.publish("room:7", 1)

    async with rig.stream("room:7", last_event_id=cursor) as stream:
        begun = (await stream.receive()).frame["subscriptions"][0]
        await rig.publish("room:7", "next")
        live = (await stream.receive()).frame

    assert (begun["recovered"], begun["reason"], begun["offset"]) == (False, "epoch", 1)
    assert live["offset"] == 2


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "%",
        "é",
        "x" * 3_000,
        "1.{hash}.e1~{huge}",
        "1.{hash}.e1~-1",
        "1.{hash}.e1~1.e1~1",
        "2.{hash}.e1~1",
        "1.000000000000.e1~1",
    ],
)
async def test_an_unreadable_cursor_is_that_of_another_list(rig: Rig, cursor: str) -> None:
    if "." in cursor:
        plain = cursor.format(hash=list_hash(["room:7"]), huge=2**53)
        cursor = base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")
    await rig.publish("room:7", 1)

    async with rig.stream("room:7", cursor=cursor) as stream:
        begun = (await stream.receive()).frame["subscriptions"][0]

    assert (begun["recovered"], begun["reason"], begun["offset"]) == (False, "cursor", 1)


async def test_every_event_carries_a_cursor_and_the_name_of_its_push() -> None:
    async with running(stream_comment_seconds=60.0) as rig, rig.stream("room:7") as stream:
        events = [await stream.receive()]
        await rig.publish("room:7", 1)
        events.append(await stream.receive())
        rig.backplane.set_away(True)
        events.append(await stream.receive())
        await rig.realtime.disconnect(user=rig.door.people["ada"].user_id)
        events.append(await stream.receive())

    assert [event.name for event in events] == ["welcome", "message", "status", "bye"]
    assert all(event.name == event.frame["type"] and event.cursor for event in events)


async def test_no_payload_and_no_topic_breaks_a_field_of_a_stream(rig: Rig) -> None:
    topic = "room:7\r\nevent: bye"
    async with rig.stream(topic) as stream:
        await stream.receive()

        await rig.realtime.publish(topic, b'{\r\n "a":\n1\r}')

        event = await stream.receive()
        assert (event.name, event.frame["data"], event.frame["topic"]) == (
            "message",
            {"a": 1},
            topic,
        )


@pytest.mark.parametrize("data", [b"[" * 200 + b"]" * 200, b'{"a":' * 65 + b"1" + b"}" * 65])
@pytest.mark.parametrize("kind", ["signal", "publish"])
async def test_nobody_is_sent_data_that_their_parser_cannot_take(
    rig: Rig, kind: str, data: bytes
) -> None:
    topic = "room:7" if kind == "signal" else "board:7"
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello({"topic": topic})
        await grace.hello({"topic": topic})

        await ada.connection.send(
            b'{"type":"%b","id":9,"topic":"%b","data":%b}' % (kind.encode(), topic.encode(), data),
            text=True,
        )

        assert (await ada.receive())["error"]["code"] == "invalid"
        await rig.publish(topic, "after")
        assert (await grace.receive())["data"] == "after"


MALFORMED: list[str | bytes] = [
    "",
    "\x00",
    "no json",
    "[]",
    "null",
    "7",
    '"hello"',
    "{",
    '{"type":null,"id":1}',
    '{"type":"dance"}',
    '{"type":"subscribe"}',
    '{"type":"call","id":1.5,"method":"x","data":1}',
    '{"type":"history","topic":"room:7","limit":5}',
    '{"type":"publish","id":1,"topic":"board:7","data":"\\ud800"}',
    '{"type":"publish","id":1,"topic":"board:7","data":1e}',
    "[" * 60_000,
    '{"type":"hello","id":1,"subscriptions":' + "[" * 30_000,
    "x" * 70_000,
    b"binary",
    b"\xff",
]
BAD_FIELDS: list[dict[str, Any]] = [
    {"type": "dance"},
    {"type": "hello"},
    {"type": "subscribe"},
    {"type": "subscribe", "topic": "x" * 201},
    {"type": "subscribe", "topic": "room:7", "since": {"epoch": "e1", "offset": -1}},
    {"type": "subscribe", "topic": "room:7", "since": 7},
    {"type": "unsubscribe", "topic": "room:9"},
    {"type": "publish", "topic": "board:7"},
    {"type": "publish", "topic": "board:7", "data": 1, "key": ""},
    {"type": "publish", "topic": "board:7", "data": 1, "key": "x" * 65},
    {"type": "signal", "topic": "room:9", "data": 1},
    {"type": "call", "method": "", "data": 1},
    {"type": "call", "method": "x", "data": 1},
    {"type": "history", "topic": "room:7", "limit": "all"},
    {"type": "refresh", "ticket": "x" * 201},
    {"type": "refresh", "ticket": "x"},
    {"type": "presence", "topic": 7},
]
CATALOGUED = {"invalid", "unknown_type", "forbidden", "not_subscribed"}


async def test_nothing_that_a_client_sends_is_an_unhandled_exception(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    codes, errors = set(), set()
    with structlog.testing.capture_logs() as logs, caplog.at_level(logging.WARNING):
        for frame in MALFORMED:
            async with rig.socket() as ada:
                await ada.hello()
                await ada.connection.send(frame)
                if frame:
                    codes.add(await ada.closed())
        async with rig.socket() as ada:
            await ada.hello({"topic": "room:7"})
            for number, fields in enumerate(BAD_FIELDS):
                await ada.connection.send(json.dumps({"id": number + 1, **fields}))
                errors.add((await ada.receive())["error"]["code"])
        await until(lambda: rig.realtime.connections == 0)

    assert codes == {4400, 1009}
    assert errors == CATALOGUED
    assert [entry for entry in logs if entry["log_level"] in {"error", "critical"}] == []
    assert [record for record in caplog.records if record.exc_info] == []
