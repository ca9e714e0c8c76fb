"""One event of a stream stays one event, whatever stands in its data, its topic or its epoch."""

import json
import random
from dataclasses import dataclass
from dataclasses import field

import httpx
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from app.realtime.backplane import Entry
from app.realtime.backplane import Position
from app.realtime.protocol import frames
from app.realtime.protocol.cursor import encode_cursor
from app.realtime.protocol.cursor import list_hash
from tests.abuse.victim import Victim

BREAKS = ["\r", "\n", "\r\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\0", "\ufeff"]
FORGERIES = [*BREAKS, "data: forged", "event: forged", "id: forged", "retry: 1", ":", " ", "é😀"]
nasty = st.lists(st.sampled_from(FORGERIES) | st.text(max_size=5), max_size=6).map("".join)
data = st.recursive(
    st.none() | st.integers() | nasty,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(nasty, inner, max_size=3),
    max_leaves=8,
)
# White space that JSON allows between tokens is where raw line breaks get in.
SPACES = ["", " ", "\n", "\r", "\r\n", "\n\ndata: forged\n\n", "\t"]
spaces = st.sampled_from(SPACES)


@dataclass
class Event:
    """What an EventSource would dispatch."""

    name: str = ""
    data: list[str] = field(default_factory=list)
    last_id: str = ""
    fields: list[str] = field(default_factory=list)


def parse(body: bytes) -> list[Event]:
    """Reads a stream as the HTML standard says (9.2.6): lines end with CR LF, LF or CR."""
    text = body.decode().removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    events, event = [], Event()
    for line in lines:
        if not line:
            if event.data:
                events.append(event)
            event = Event()
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        event.fields.append(name)
        if name == "data":
            event.data.append(value)
        elif name == "event":
            event.name = value
        elif name == "id" and "\0" not in value:
            event.last_id = value
    return events


@settings(max_examples=300, deadline=None)
@given(value=data, topic=nasty, epoch=nasty, space=spaces)
@example(value="\r\n\r\ndata: forged\r\n\r\n", topic="room:\n", epoch="\r", space="\n")
def test_an_event_is_read_back_as_what_was_published(
    value: object, topic: str, epoch: str, space: str
) -> None:
    read_back(value, topic, epoch, space)


def test_of_ten_thousand_events_none_is_forged() -> None:
    """Drawn by hand: a hundred times as fast as a search that could also shrink what it finds."""
    draw = random.Random(2026)

    def forgery() -> str:
        return "".join(draw.choices(FORGERIES, k=draw.randrange(7)))

    for _ in range(10_000):
        value = {forgery(): [forgery(), draw.random()], "plain": forgery()}
        read_back(value, forgery(), forgery(), draw.choice(SPACES))


def read_back(value: object, topic: str, epoch: str, space: str) -> None:
    """Writes one event and holds what the parser makes of it to what was published."""
    published = json.dumps([value], ensure_ascii=False, indent=1).encode("utf-8", "replace")
    published = (space if not space.strip() else "").encode() + published
    position = Position(epoch, 7)
    line = frames.message(frames.message_prefix(topic), Entry(7, published))
    cursor = encode_cursor(list_hash([topic]), [position])

    [event] = parse(frames.event("message", line, cursor))

    assert event.name == "message"
    assert event.last_id == cursor.decode()
    assert sorted(event.fields) == ["data", "event", "id"]
    read = json.loads("\n".join(event.data))
    assert (read["topic"], read["offset"]) == (topic, 7)
    assert read["data"] == json.loads(published)


async def test_a_live_stream_cannot_be_made_to_forge(victim: Victim) -> None:
    topics = ["room:a\r\nevent: forged\r\ndata: x\r\n\r\n", "room:b\n\nid: 7", "room:c\0"]
    query = {"topic": topics}
    cookie = {"Cookie": "session=ada", "Last-Event-ID": "data: forged"}
    body = b""
    async with (
        httpx.AsyncClient(timeout=60) as client,
        client.stream("GET", victim.events_url, params=query, headers=cookie) as answer,
    ):
        async for piece in answer.aiter_raw():
            body += piece
            if body.count(b"event: welcome") and body.count(b"event: message") == 0:
                for raw in (b'{"a":\r\n\r\n1}', b'"\xe2\x80\xa8"', b"\n\n2\n\n"):
                    await victim.publish_raw(topics[0], raw)
            if body.count(b"event: message") >= 3 and body.endswith(b"\n\n"):
                break

    events = parse(body)
    assert [event.name for event in events[:4]] == ["welcome", "message", "message", "message"]
    assert {name for event in events for name in event.fields} <= {"event", "data", "id"}
    heard = [json.loads("".join(event.data))["data"] for event in events[1:4]]
    assert heard == [{"a": 1}, "\u2028", 2]
    assert victim.complaints == []


def test_a_parser_that_meets_a_raw_line_break_sees_a_forged_field() -> None:
    """The twin: without ``one_line`` the reference parser finds what was forged."""
    forged = frames.event("message", b'{"data":\n\ndata: forged\n\n1}', b"1")

    assert len(parse(forged)) == 2
