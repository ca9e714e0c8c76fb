"""The bytes that wait for one client."""

import json

from hypothesis import given
from hypothesis import strategies as st

from app.realtime.backplane import Position
from app.realtime.connections.outbound_queue import DROP_TO
from app.realtime.connections.outbound_queue import OutboundQueue
from app.realtime.protocol.chunk import Chunk


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


def drop(queue: OutboundQueue, *, down_to_bytes: int) -> tuple[int, int]:
    return queue.drop_oldest(max_bytes=round(down_to_bytes / DROP_TO), messages_max=1_000)


def test_a_dropped_chunk_leaves_a_gap_in_its_place() -> None:
    queue = OutboundQueue()
    queue.append(Chunk(b"first"))
    queue.append(droppable("figures:cpu", 7))
    queue.append(Chunk(b"last"))

    freed_bytes, messages = drop(queue, down_to_bytes=100)

    first, gap, last = queue.take(1_000)
    assert (first.data, last.data) == (b"first", b"last")
    assert json.loads(gap.data) == {
        "type": "gap",
        "topic": "figures:cpu",
        "reason": "overflow",
        "epoch": "e1",
        "offset": 7,
    }
    assert (freed_bytes, messages) == (200 - len(gap.data), 1)
    queue.written()
    assert (queue.size_bytes, queue.messages) == (0, 0)


def test_one_gap_tells_of_all_that_a_topic_has_lost_before_anything_newer() -> None:
    queue = OutboundQueue()
    queue.append(droppable("figures:cpu", 1))
    queue.append(Chunk(b"between"))
    queue.append(droppable("figures:cpu", 2))
    queue.append(droppable("figures:disk", 9))
    queue.append(Chunk(b"newest"))

    assert drop(queue, down_to_bytes=500)[1] == 1
    assert drop(queue, down_to_bytes=100)[1] == 2

    cpu, between, disk, newest = queue.take(1_000)
    assert (between.data, newest.data) == (b"between", b"newest")
    assert json.loads(cpu.data)["offset"] == 2
    assert json.loads(disk.data)["offset"] == 9
    queue.written()
    assert (queue.size_bytes, queue.messages) == (0, 0)


def test_the_newest_chunk_stays_unless_even_it_is_too_much() -> None:
    queue = OutboundQueue()
    for offset in (1, 2, 3):
        queue.append(droppable("figures:cpu", offset))

    assert queue.drop_oldest(max_bytes=400, messages_max=1_000)[1] == 2
    assert queue.drop_oldest(max_bytes=400, messages_max=1_000)[1] == 0
    assert queue.drop_oldest(max_bytes=250, messages_max=1_000)[1] == 1


def test_too_many_messages_are_dropped_as_too_many_bytes_are() -> None:
    queue = OutboundQueue()
    for offset in range(1, 9):
        queue.append(droppable("figures:cpu", offset))

    assert queue.drop_oldest(max_bytes=10_000, messages_max=7)[1] == 3
    assert queue.messages == 6


def test_the_gap_of_a_stream_has_the_cursor_of_the_first_that_was_dropped() -> None:
    queue = OutboundQueue()
    queue.append(droppable("figures:cpu", 7, cursor=b"abc"))
    queue.append(droppable("figures:cpu", 8, cursor=b"def"))
    queue.append(Chunk(b"newest"))

    drop(queue, down_to_bytes=10)

    gap = queue.take(1_000)[0].data
    assert b'"offset":8' in gap
    assert gap.endswith(b"\nid: abc\n\n")


def test_there_may_be_nothing_to_drop() -> None:
    queue = OutboundQueue()
    queue.append(Chunk(b"first"))
    queue.append(Chunk(b"second"))

    assert drop(queue, down_to_bytes=1) == (0, 0)
    assert OutboundQueue().drop_oldest(max_bytes=1, messages_max=1) == (0, 0)


def newest(*pieces: tuple[str, bytes], cursor: bytes = b"", droppable: str | None = None) -> Chunk:
    """Returns a chunk of which, key by key, only the newest matters."""
    named = [(("room:7", "c-1", key), data) for key, data in pieces]
    glue = b"" if cursor else b"\n"
    return Chunk(
        glue.join(data for _, data in named),
        messages=len(named),
        pieces=named,
        cursor=cursor,
        droppable=droppable,
    )


def test_a_newer_piece_takes_the_place_of_an_older_one_that_still_waits() -> None:
    queue = OutboundQueue()
    queue.append(newest(("typing", b"one")))
    queue.append(Chunk(b"message"))

    grown_bytes = queue.append(newest(("typing", b"three")))

    assert grown_bytes == 2
    assert queue.messages == 2
    assert [chunk.data for chunk in queue.take(1_000)] == [b"message", b"three"]


def test_of_an_older_chunk_the_rest_stays_where_it_is() -> None:
    queue = OutboundQueue()
    queue.append(newest(("typing", b"one"), ("cursor", b"here")))
    queue.append(Chunk(b"message"))

    queue.append(newest(("typing", b"two")))
    queue.append(newest(("typing", b"three")))

    assert [chunk.data for chunk in queue.take(1_000)] == [b"here", b"message", b"three"]
    assert queue.written() == len(b"heremessagethree")
    assert (queue.size_bytes, queue.messages) == (0, 0)


def test_a_slow_reader_gets_only_the_newest_of_a_burst() -> None:
    queue = OutboundQueue()
    queue.append(Chunk(b"waiting"))

    queue.append(newest(("typing", b"one"), ("cursor", b"here"), ("typing", b"two")))

    assert [chunk.data for chunk in queue.take(1_000)] == [b"waiting", b"here\ntwo"]


def test_a_quick_reader_gets_all_of_a_burst() -> None:
    queue = OutboundQueue()

    queue.append(newest(("typing", b"one"), ("typing", b"two")))

    assert [chunk.data for chunk in queue.take(1_000)] == [b"one\ntwo"]


def test_what_is_being_written_is_never_taken_back() -> None:
    queue = OutboundQueue()
    queue.append(newest(("typing", b"one")))
    queue.append(newest(("typing", b"two")))
    assert [chunk.data for chunk in queue.take(1_000)] == [b"two"]

    queue.append(newest(("typing", b"three")))
    queue.append(newest(("typing", b"four")))

    assert [chunk.data for chunk in queue.take(1_000)] == [b"four"]


def test_events_of_a_stream_stay_whole() -> None:
    queue = OutboundQueue()
    queue.append(newest(("typing", b"one\n\n"), ("cursor", b"here\n\n"), cursor=b"abc"))
    queue.append(newest(("typing", b"two\n\n"), cursor=b"def"))

    assert [chunk.data for chunk in queue.take(1_000)] == [b"here\n\n", b"two\n\n"]


def test_what_was_dropped_is_not_superseded_as_well() -> None:
    queue = OutboundQueue()
    queue.append(Chunk(b"first"))
    queue.append(newest(("typing", b"x" * 200), droppable="room:7"))
    queue.append(newest(("cursor", b"x"), droppable="room:7"))
    drop(queue, down_to_bytes=150)

    queue.append(newest(("typing", b"newest")))

    _, gap, cursor, last = queue.take(1_000)
    assert gap.gap_of == "room:7"
    assert (cursor.data, last.data) == (b"x", b"newest")
    queue.written()
    assert (queue.size_bytes, queue.messages) == (0, 0)


@given(
    st.lists(st.tuples(st.sampled_from("atdw"), st.integers(0, 3), st.integers(1, 40)), max_size=60)
)
def test_the_counts_are_always_those_of_what_waits(steps: list[tuple[str, int, int]]) -> None:
    queue = OutboundQueue()
    for kind, key, size_bytes in steps:
        match kind:
            case "a":
                queue.append(Chunk(b"x" * size_bytes, droppable="room:7" if key else None))
            case "t":
                queue.append(newest((str(key), b"x" * size_bytes), droppable="room:8"))
            case "d":
                queue.drop_oldest(max_bytes=size_bytes * 4, messages_max=size_bytes)
            case _:
                queue.written()
                queue.take(size_bytes * 4)

    queue.written()
    assert queue.size_bytes == sum(len(chunk.data) for chunk in queue.take(10**9))
    assert queue.written() >= 0
    assert (queue.size_bytes, queue.messages) == (0, 0)
