"""Whatever is repeated, cut or comes in another order: nothing acknowledged is lost or doubled."""

from dataclasses import dataclass
from dataclasses import field
from uuid import UUID
from uuid import uuid4

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from app.errors import AppError
from app.errors import Invalid
from app.features.devices.readings.batches import Acknowledged
from app.features.devices.readings.batches import Batch
from app.features.devices.readings.batches import Period
from app.features.devices.readings.batches import Reading
from app.features.devices.readings.batches import Standing
from app.features.devices.readings.batches import judge

EVER = Period(0, 2**53)
READINGS = 30


def value_of(number: int) -> Reading:
    """Returns the one reading that a number stands for."""
    return Reading("pressure", float(number), number)


@dataclass
class Rows:
    """The tables, as they are after each commit; a commit takes over all or nothing."""

    last: int = 0
    readings: list[tuple[int, Reading]] = field(default_factory=list)

    def write(self, device: UUID, group: list[Batch], *, commits: bool) -> list[object]:
        standing = Standing(device, frozenset({"pressure"}), self.last)
        outcomes = judge([(device, one) for one in group], {device: standing}, EVER)
        if commits:
            self.last = standing.last
            self.readings += standing.fresh
        return list(outcomes)


def batches() -> st.SearchStrategy[Batch]:
    """Yields batches that begin and end anywhere, as repeats and late ones do."""
    return st.builds(
        lambda first, count: Batch(first, tuple(map(value_of, range(first, first + count)))),
        st.integers(1, READINGS),
        st.integers(1, 8),
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.lists(batches(), min_size=1, max_size=5), st.booleans()), max_size=20))
def test_what_is_acknowledged_is_stored_once_and_in_order(
    groups: list[tuple[list[Batch], bool]],
) -> None:
    rows, device, acknowledged = Rows(), uuid4(), 0

    for group, commits in groups:
        outcomes = rows.write(device, group, commits=commits)
        told = [one.last for one in outcomes if isinstance(one, Acknowledged)]
        acknowledged = max([acknowledged, *told]) if commits else acknowledged

    numbers = [number for number, _ in rows.readings]
    assert numbers == list(range(1, rows.last + 1))
    assert rows.last >= acknowledged
    assert all(reading == value_of(number) for number, reading in rows.readings)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 8), st.booleans(), st.booleans()), max_size=30))
def test_a_device_that_repeats_what_was_not_answered_loses_nothing(
    steps: list[tuple[int, bool, bool]],
) -> None:
    rows, device, known = Rows(), uuid4(), 0

    for count, commits, is_answered in steps:
        group = [Batch(known + 1, tuple(map(value_of, range(known + 1, known + 1 + count))))]
        [outcome] = rows.write(device, group, commits=commits)
        if commits and is_answered:
            assert isinstance(outcome, Acknowledged)
            known = outcome.last

    assert [number for number, _ in rows.readings] == list(range(1, rows.last + 1))
    assert rows.last >= known


def test_without_numbers_a_repeat_would_be_stored_twice() -> None:
    """The naive way: whatever comes is appended; the answer is lost, and the device repeats."""
    naive: list[Reading] = []
    for _ in range(2):
        naive += [value_of(1), value_of(2)]

    rows, device = Rows(), uuid4()
    for _ in range(2):
        rows.write(device, [Batch(1, (value_of(1), value_of(2)))], commits=True)

    assert len(naive) == 4
    assert [number for number, _ in rows.readings] == [1, 2]


def test_a_late_batch_is_no_hole_to_be_filled_and_a_hole_is_none_to_be_jumped() -> None:
    device = uuid4()
    later, earlier = Batch(3, (value_of(3),)), Batch(1, (value_of(1), value_of(2)))

    outcomes = Rows().write(device, [later, earlier, later], commits=True)

    assert isinstance(outcomes[0], Invalid)
    assert isinstance(outcomes[0], AppError)
    assert [one.last for one in outcomes[1:] if isinstance(one, Acknowledged)] == [2, 3]
