"""The same bytes for everybody who is to hear them."""

from app.realtime.backplane import Position
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Push
from tests.realtime.clients import Hearer


def pushes() -> list[Push]:
    made = [
        Push("message", b"one", position=Position("e1", 1)),
        Push("message", b"signal", sender="c-1"),
        Push("presence", b"presence", version=5),
        Push("message", b"two", position=Position("e1", 2)),
    ]
    for sequence, push in enumerate(made, start=1):
        push.sequence = sequence
    return made


def listening(
    connection: str = "c-9", *, heard: int = 0, presence_version: int | None = None
) -> Listening:
    one = Listening("room:7", Hearer(connection))
    one.heard_sequence = heard
    one.presence_version = presence_version
    return one


def lines(one: Listening, made: list[Push]) -> list[bytes]:
    chunks = Batch(made).chunks_for(one)
    return [line for chunk in chunks for line in chunk.data.split(b"\n")]


def test_plain_messages_are_the_same_chunk_for_everybody() -> None:
    batch = Batch(pushes()[:1])

    [first], [second] = batch.chunks_for(listening("c-1")), batch.chunks_for(listening("c-2"))

    assert first is second
    assert (first.text, first.messages) == ("one", 1)
    assert first.position == Position("e1", 1)


def test_a_signal_is_not_for_its_sender() -> None:
    assert lines(listening("c-1"), pushes()) == [b"one", b"two"]


def test_presence_is_for_those_who_watch_it_above_their_snapshot() -> None:
    made = pushes()

    assert b"presence" not in lines(listening(), made)
    assert b"presence" in lines(listening(presence_version=4), made)
    assert b"presence" not in lines(listening(presence_version=5), made)


def test_what_was_heard_before_going_live_is_not_heard_again() -> None:
    made = pushes()

    assert lines(listening(heard=3), made) == [b"two"]
    assert lines(listening(heard=4), made) == []
    assert Batch(made).pushes_for(listening(heard=3)) == made[3:]


def test_what_a_slow_reader_may_lose_is_not_mixed_with_what_it_may_not() -> None:
    position = Position("e1", 1)
    typing = ("room:7", "c-1", "typing")
    made = [
        Push("message", b"one", position=position),
        Push("message", b"typing", sender="c-1", newest_of=typing),
        Push("message", b"pointer", sender="c-1", newest_of=("room:7", "c-1", "pointer")),
        Push("message", b"two", droppable="room:7"),
        Push("gap", b"gap", position=position),
    ]
    for sequence, push in enumerate(made, start=1):
        push.sequence = sequence

    one, signals, two, gap = Batch(made).chunks_for(listening())

    assert [chunk.data for chunk in (one, two, gap)] == [b"one", b"two", b"gap"]
    assert (one.pieces, one.droppable, two.droppable, gap.droppable) == (None, None, "room:7", None)
    assert signals.data == b"typing\npointer"
    rest = signals.without({typing})
    assert rest is not None
    assert rest.data == b"pointer"
    assert rest.without({("room:7", "c-1", "pointer")}) is None
