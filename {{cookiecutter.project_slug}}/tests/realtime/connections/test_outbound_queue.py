"""The bytes that wait for one client."""

import json

from app.realtime.backplane import Position
from app.realtime.connections.outbound_queue import OutboundQueue
from app.realtime.protocol.batch import Chunk


def test_chunks_come_out_in_order_and_count_until_they_are_written() -> None:
    queue = OutboundQueue()
    queue.append(Chunk(b"12345"))
    queue.append(Chunk(b"67890", messages=2))

    taken = queue.take(100)

    assert [chunk.data for chunk in taken] == [b"12345", b"67890"]
    assert (queue.size_bytes, queue.messages, queue.has_more) == (10, 3, False)
    assert queue.written() == 10
    assert (queue.size_bytes, queue.messages) == (0, 0)


def test_one_write_is_bounded_but_never_empty() -> None:
    queue = OutboundQueue()
    for _ in range(3):
        queue.append(Chunk(b"1234567890"))

    assert len(queue.take(25)) == 2
    assert len(queue.take(5)) == 1


def test_clearing_keeps_counting_what_is_being_written() -> None:
    queue = OutboundQueue()
    queue.append(Chunk(b"12345"))
    queue.take(100)
    queue.append(Chunk(b"678"))

    assert queue.clear() == 3
    assert queue.size_bytes == 5


def droppable(topic: str, offset: int, *, cursor: bytes = b"") -> Chunk:
    return Chunk(b"x" * 200, droppable=topic, position=Position("e1", offset), cursor=cursor)


def test_a_dropped_chunk_leaves_a_gap_in_its_place() -> None:
    queue = OutboundQueue()
    queue.append(Chunk(b"first"))
    queue.append(droppable("figures:cpu", 7))
    queue.append(Chunk(b"last"))

    freed_bytes = queue.drop_oldest()

    first, gap, last = queue.take(1_000)
    assert (first.data, last.data) == (b"first", b"last")
    assert json.loads(gap.data) == {
        "type": "gap",
        "topic": "figures:cpu",
        "reason": "overflow",
        "epoch": "e1",
        "offset": 7,
    }
    assert freed_bytes == 200 - len(gap.data)
    queue.written()
    assert (queue.size_bytes, queue.messages) == (0, 0)


def test_a_later_gap_of_a_topic_supersedes_the_earlier_one() -> None:
    queue = OutboundQueue()
    for offset in (1, 2):
        queue.append(droppable("figures:cpu", offset))
    queue.append(droppable("figures:disk", 9))

    for _ in range(3):
        assert queue.drop_oldest()

    gaps = [json.loads(chunk.data) for chunk in queue.take(1_000)]
    assert [(gap["topic"], gap["offset"]) for gap in gaps] == [
        ("figures:cpu", 2),
        ("figures:disk", 9),
    ]


def test_the_gap_of_a_stream_is_an_event_with_the_cursor_of_what_was_dropped() -> None:
    queue = OutboundQueue()
    queue.append(droppable("figures:cpu", 7, cursor=b"abc"))

    queue.drop_oldest()

    assert queue.take(1_000)[0].data.endswith(b"\nid: abc\n\n")


def test_there_may_be_nothing_to_drop() -> None:
    queue = OutboundQueue()
    queue.append(Chunk(b"first"))

    assert queue.drop_oldest() == 0
