"""What is kept for those who are still reading the log."""

from app.realtime.backplane import Entry
from app.realtime.hub.joining import JoiningBuffer
from app.realtime.protocol.batch import Push


def entries(*offsets: int) -> list[Entry]:
    return [Entry(offset, b"1234567890") for offset in offsets]


def buffer(**limits: int) -> JoiningBuffer:
    return JoiningBuffer(**{"messages_max": 3, "max_bytes": 1_000, **limits})


def test_nothing_is_kept_while_nobody_joins() -> None:
    joining = buffer()

    joining.add_message(Entry(1, b"1"))
    joining.add_presence(Push("presence", b"{}", version=1))
    joining.enter("c-1")

    assert joining.messages == []
    assert joining.presence_after(0) == []


def test_messages_are_kept_until_the_last_one_has_joined() -> None:
    joining = buffer()
    joining.enter("c-1")
    joining.enter("c-2")
    for entry in entries(1, 2):
        joining.add_message(entry)

    joining.leave("c-1")
    assert [entry.offset for entry in joining.messages] == [1, 2]

    joining.leave("c-2")
    assert joining.messages == []


def test_too_many_messages_overflow_for_those_who_join_now_and_not_for_later_ones() -> None:
    joining = buffer()
    joining.enter("c-1")
    for entry in entries(1, 2, 3, 4):
        joining.add_message(entry)

    joining.enter("c-2")
    joining.add_message(Entry(5, b"5"))

    assert joining.has_overflowed("c-1")
    assert not joining.has_overflowed("c-2")
    assert [entry.offset for entry in joining.messages] == [5]


def test_too_many_bytes_overflow() -> None:
    joining = buffer(max_bytes=15)
    joining.enter("c-1")

    for entry in entries(1, 2):
        joining.add_message(entry)

    assert joining.has_overflowed("c-1")


def test_presence_above_the_snapshot_is_handed_out_and_bounded() -> None:
    joining = buffer()
    joining.enter("c-1")

    for version in range(1, 6):
        joining.add_presence(Push("presence", b"{}", version=version))

    assert [push.version for push in joining.presence_after(3)] == [4, 5]
    assert [push.version for push in joining.presence_after(0)] == [3, 4, 5]
    assert joining.presence_after(None) == []
