"""The judge of histories, proven on histories with a bug in them."""

import pytest

from app.realtime.backplane import Position
from tests.realtime.faults.history import Began
from tests.realtime.faults.history import Event
from tests.realtime.faults.history import Handed
from tests.realtime.faults.history import History
from tests.realtime.faults.history import Told
from tests.realtime.faults.history import Verdict
from tests.realtime.faults.history import disagreements
from tests.realtime.faults.history import judge


def at(offset: int, epoch: str = "e1") -> Position:
    return Position(epoch, offset)


def handed(*offsets: int, epoch: str = "e1") -> list[Event]:
    return [Handed(at(offset, epoch), offset) for offset in offsets]


TRUTH = {at(offset): offset for offset in range(1, 10)}
START = Began(at(0))


def verdict(*events: Event, final: Position | None = None) -> Verdict:
    return judge(History("ada", list(events)), TRUTH, final=final or at(5))


def test_everything_once_and_in_order_is_fine() -> None:
    assert verdict(START, *handed(1, 2, 3, 4, 5)).violations == []


def test_what_was_told_as_a_gap_is_fine() -> None:
    assert verdict(START, *handed(1), Told(at(3), "lost"), *handed(4, 5)).violations == []


def test_a_new_epoch_is_fine_when_it_was_told() -> None:
    new = Told(at(0, "e2"), "epoch")

    assert verdict(START, *handed(1), new, *handed(1, epoch="e2"), final=at(1, "e2")) == Verdict()


@pytest.mark.parametrize(
    "events",
    [
        [START, *handed(1, 2, 4, 5)],
        [START, *handed(1, 2, 3, 4)],
        [START, *handed(1, 2), Began(at(4)), *handed(5)],
        [START],
        [],
    ],
    ids=["a hole", "the last one", "began anew", "everything", "never there"],
)
def test_a_silent_loss_is_found(events: list[Event]) -> None:
    found = verdict(*events)

    assert len(found.lost) == 1
    assert found.violations == found.lost


def test_a_repetition_is_found_and_does_not_hide_what_follows() -> None:
    found = verdict(START, *handed(1, 2, 3, 2, 3, 4, 5))

    assert len(found.doubled) == 2
    assert found.violations == found.doubled


def test_a_swap_is_found() -> None:
    assert verdict(START, *handed(1, 3, 2, 4, 5)).violations


def test_another_message_than_the_published_one_is_found() -> None:
    found = verdict(START, *handed(1, 2), Handed(at(3), "else"), *handed(4, 5))

    assert len(found.wrong) == 1


def test_an_epoch_that_nobody_told_of_is_found() -> None:
    assert verdict(START, *handed(1), *handed(1, epoch="e2"), final=at(1, "e2")).wrong


def test_a_gap_that_goes_back_is_found() -> None:
    assert verdict(START, *handed(1, 2, 3), Told(at(1), "lost"), *handed(2, 3, 4, 5)).wrong


def test_subscribers_that_disagree_are_found() -> None:
    one = History("ada", handed(1, 2))
    other = History("grace", [*handed(1), Handed(at(2), "else")])

    assert disagreements([one, one]) == []
    assert len(disagreements([one, other])) == 1
