"""Streams at equal places share every byte; streams at other places get their own cursor."""

from app.realtime.backplane import Position
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Push
from app.realtime.protocol.cursor import Place
from app.realtime.protocol.cursor import decode_cursor
from app.realtime.protocol.stream_events import events_for
from tests.realtime.clients import Hearer

TOPICS = ["room:7", "room:8"]


def batch(*offsets: int, sender: str | None = None) -> Batch:
    made = [
        Push("message", b"%d" % offset, position=Position("e1", offset), sender=sender)
        for offset in offsets
    ]
    for sequence, push in enumerate(made, start=1):
        push.sequence = sequence
    return Batch(made)


def place(offset: int, other: int = 0, *, topics: list[str] = TOPICS) -> Place:
    return Place(topics, [Position("e1", offset), Position("e2", other)])


def cursor_of(event: bytes) -> str:
    [line] = [line for line in event.split(b"\n") if line.startswith(b"id: ")]
    return line.removeprefix(b"id: ").decode()


def test_streams_at_equal_places_share_the_chunk_and_the_place_after_it() -> None:
    news = batch(2, 3)

    one = events_for(news, Listening("room:7", Hearer("s-1")), place(1))
    two = events_for(news, Listening("room:7", Hearer("s-2")), place(1))

    assert one[0] is two[0]
    assert one[1] is two[1]
    assert one[1].of("room:7") == Position("e1", 3)
    assert one[1].of("room:8") == Position("e2", 0)


def test_every_event_carries_the_cursor_after_it() -> None:
    [chunk], _ = events_for(batch(2, 3), Listening("room:7", Hearer("s-1")), place(1, 9))

    first, second = chunk.data.removesuffix(b"\n\n").split(b"\n\n")
    assert decode_cursor(cursor_of(first), TOPICS) == [Position("e1", 2), Position("e2", 9)]
    assert decode_cursor(cursor_of(second), TOPICS) == [Position("e1", 3), Position("e2", 9)]


def test_streams_that_began_apart_stand_at_one_place_after_the_next_message() -> None:
    news = batch(5)

    _, one = events_for(news, Listening("room:7", Hearer("s-1")), place(1))
    _, two = events_for(news, Listening("room:7", Hearer("s-2")), place(4))

    assert one is two


def test_streams_of_other_places_or_lists_have_their_own_cursors() -> None:
    news, listening = batch(5), Listening("room:7", Hearer("s-1"))
    places = [place(4), place(4, 9), place(4, topics=["room:7", "room:9"])]

    datas = {events_for(news, listening, one)[0][0].data for one in places}

    assert len(datas) == 3


def test_a_stream_that_does_not_hear_all_gets_its_own_events() -> None:
    listening = Listening("room:7", Hearer("s-1"))
    listening.heard_sequence = 1

    [chunk], end = events_for(batch(2, 3), listening, place(1))

    assert chunk.data.count(b"data: ") == 1
    assert end.of("room:7") == Position("e1", 3)
