"""The same bytes for everybody who is to hear them."""

from app.realtime.backplane import Position
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Push


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
    one = Listening("room:7", connection)
    one.heard_sequence = heard
    one.presence_version = presence_version
    return one


def lines(one: Listening, made: list[Push]) -> list[bytes]:
    chunk = Batch(made, droppable=None).lines_for(one)
    return chunk.data.split(b"\n") if chunk else []


def test_plain_messages_are_the_same_chunk_for_everybody() -> None:
    batch = Batch(pushes()[:1], droppable="room:7")

    first, second = batch.lines_for(listening("c-1")), batch.lines_for(listening("c-2"))

    assert first is second
    assert first is not None
    assert (first.text, first.messages, first.droppable) == ("one", 1, "room:7")
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
    assert Batch(made, droppable=None).pushes_for(listening(heard=3)) == made[3:]
