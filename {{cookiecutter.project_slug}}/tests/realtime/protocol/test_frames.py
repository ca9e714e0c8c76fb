"""Frames are built by splicing and are JSON all the same."""

import json

from app.realtime.backplane import Entry
from app.realtime.backplane import Position
from app.realtime.presence_store import Snapshot
from app.realtime.protocol import frames
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import Refusal


def test_a_payload_goes_through_byte_by_byte() -> None:
    data = '{"body":"häl\\"lo\\n","n":1.0}'.encode()

    line = frames.message(frames.message_prefix('room:"7"'), Entry(42, data))

    assert data in line
    assert json.loads(line) == {
        "type": "message",
        "topic": 'room:"7"',
        "offset": 42,
        "data": {"body": 'häl"lo\n', "n": 1.0},
    }


def test_no_payload_can_end_a_line_or_a_field() -> None:
    line = frames.signal(frames.message_prefix("room:7"), b'{\r\n"a":\0 1}')

    assert not set(b"\r\n\0") & set(line)


def test_a_large_presence_is_a_count() -> None:
    assert json.loads(frames.snapshot(Snapshot(7, 300, None))) == {"version": 7, "count": 300}


def test_a_subscription_tells_what_was_recovered() -> None:
    value = frames.subscription(
        "room:7", Position("e1", 4), messages=[Entry(4, b"{}")], recovered=True
    )

    assert json.loads(value) == {
        "topic": "room:7",
        "epoch": "e1",
        "offset": 4,
        "recovered": True,
        "messages": [{"offset": 4, "data": {}}],
    }


def test_a_refusal_tells_when_to_try_again() -> None:
    line = frames.error(3, Refusal("rate_limited", "slow down", retry=True, after_ms=250))

    assert json.loads(line) == {
        "type": "reply",
        "id": 3,
        "error": {
            "code": "rate_limited",
            "message": "slow down",
            "retry": True,
            "after_ms": 250,
        },
    }


def test_goodbye_says_whether_to_come_back() -> None:
    assert json.loads(frames.bye(CloseCode.RESTART, "restart", after_ms=5))["retry"] is True
    assert json.loads(frames.bye(CloseCode.UNAUTHENTICATED, "no session"))["retry"] is False
    assert "after_ms" not in json.loads(frames.bye(CloseCode.RESTART, "restart"))


def test_an_event_carries_its_cursor() -> None:
    assert frames.event("message", b"{}", b"abc") == b"event: message\ndata: {}\nid: abc\n\n"
