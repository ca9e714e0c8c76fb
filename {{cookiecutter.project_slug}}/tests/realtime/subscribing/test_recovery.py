"""What a returning subscriber is given, with nothing but values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Position
from app.realtime.subscribing.recovery import Allowance
from app.realtime.subscribing.recovery import Lost
from app.realtime.subscribing.recovery import Recovered
from app.realtime.subscribing.recovery import latest
from app.realtime.subscribing.recovery import recover

AMPLE = Allowance(messages=1_000, size_bytes=1_000_000)


def entries(*offsets: int) -> list[Entry]:
    return [Entry(offset, b"1234567890") for offset in offsets]


def judge(
    since: int,
    *,
    top: int,
    history: tuple[int, ...] = (),
    history_top: int | None = None,
    buffered: tuple[int, ...] = (),
    allowance: Allowance = AMPLE,
) -> list[int] | str | None:
    read = History(Position("e1", top if history_top is None else history_top), entries(*history))
    judged = recover(
        Position("e1", since),
        top=Position("e1", top),
        history=read,
        buffered=entries(*buffered),
        allowance=allowance,
    )
    match judged:
        case Recovered(messages):
            return [entry.offset for entry in messages]
        case Lost(reason):
            return reason
    return None


def test_history_and_buffer_are_merged_without_doubles() -> None:
    found = judge(41, top=44, history=(42, 43), history_top=43, buffered=(43, 44))

    assert found == [42, 43, 44]


def test_nothing_was_missed() -> None:
    assert judge(41, top=41, history_top=41) == []


def test_only_the_buffer_has_what_was_missed() -> None:
    assert judge(41, top=42, history_top=41, buffered=(42,)) == [42]


def test_a_place_above_the_top_belongs_to_another_log() -> None:
    assert judge(45, top=44) == "epoch"


def test_another_epoch_is_another_log() -> None:
    since, top = Position("e0", 1), Position("e1", 1)

    judged = recover(since, top=top, history=History(top, ()), buffered=(), allowance=AMPLE)

    assert judged == Lost("epoch")


@pytest.mark.parametrize("history", [(), (43, 44)])
def test_a_log_that_begins_later_was_trimmed(history: tuple[int, ...]) -> None:
    assert judge(41, top=44, history=history) == "trimmed"


def test_a_hole_asks_for_another_reading() -> None:
    assert judge(41, top=45, history=(42, 43), history_top=43, buffered=(45,)) is None


def test_too_many_messages_are_not_recovered_in_part() -> None:
    allowance = Allowance(messages=2, size_bytes=1_000)

    assert judge(41, top=44, history=(42, 43, 44), allowance=allowance) == "too_many"


def test_too_many_bytes_are_not_recovered_in_part() -> None:
    allowance = Allowance(messages=10, size_bytes=29)

    assert judge(41, top=44, history=(42, 43, 44), allowance=allowance) == "too_many"


@given(
    first=st.integers(1, 20),
    read_top=st.integers(0, 40),
    top=st.integers(0, 60),
    since=st.integers(0, 60),
    buffered_from=st.integers(1, 60),
)
def test_whatever_is_recovered_has_no_hole(
    first: int, read_top: int, top: int, since: int, buffered_from: int
) -> None:
    found = judge(
        since,
        top=top,
        history=tuple(offset for offset in range(first, read_top + 1) if offset > since),
        history_top=read_top,
        buffered=tuple(range(buffered_from, top + 1)),
    )

    assert not isinstance(found, list) or found == list(range(since + 1, top + 1))


@pytest.mark.parametrize("since", [None, Position("e1", 4)], ids=str)
def test_of_a_latest_topic_the_newest_value_is_all_that_can_be_wanted(
    since: Position | None,
) -> None:
    newest = Entry(7, b"7")

    assert latest(since, top=Position("e1", 7), newest=newest) == Recovered((newest,), 1)


@pytest.mark.parametrize("newest", [None, Entry(7, b"7")], ids=str)
def test_a_value_that_the_subscriber_has_is_not_given_again(newest: Entry | None) -> None:
    assert latest(Position("e1", 7), top=Position("e1", 7), newest=newest) == Recovered(())


@pytest.mark.parametrize("since", [Position("e0", 7), Position("e1", 8)], ids=str)
def test_a_place_elsewhere_is_no_place_on_a_latest_topic_either(since: Position) -> None:
    assert latest(since, top=Position("e1", 7), newest=Entry(7, b"7")) == Lost("epoch")
