"""Counting in memory: as the sliding window of ``limits`` does, without looking at every key."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from app.web.own_window import SWEEP_SECONDS
from app.web.own_window import OwnWindow
from app.web.standing import standing_of

FIVE = parse("5/10seconds")
BEGIN = 1_700_000_003.0


class Clock:
    """Says the time that it is told."""

    now = BEGIN

    def __call__(self) -> float:
        return self.now


@given(pauses=strategies.lists(strategies.floats(0, 14, width=16), max_size=40))
@settings(max_examples=50, deadline=None)
async def test_it_counts_as_the_library_does(pauses: Sequence[float]) -> None:
    clock = Clock()
    ours, storage = OwnWindow(clock=clock), MemoryStorage()
    theirs = SlidingWindowCounterRateLimiter(storage)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", clock)  # the library's only clock
        for pause in pauses:
            clock.now += pause
            expected = await theirs.hit(FIVE, "who")
            window = await storage.get_sliding_window(FIVE.key_for("who"), FIVE.get_expiry())

            assert ours.spend(FIVE, "who") == standing_of(FIVE, expected, *window)


def test_callers_and_limits_are_counted_apart() -> None:
    counts = OwnWindow(clock=Clock())
    for _ in range(5):
        assert counts.spend(FIVE, "route", "ada").allowed

    assert not counts.spend(FIVE, "route", "ada").allowed
    assert counts.spend(FIVE, "route", "bob").allowed
    assert counts.spend(FIVE, "routead", "a").allowed
    assert counts.spend(parse("6/10seconds"), "route", "ada").allowed


def test_what_no_longer_counts_is_forgotten() -> None:
    clock = Clock()
    counts = OwnWindow(clock=clock)
    for caller in range(100):
        counts.spend(FIVE, str(caller))
    clock.now += SWEEP_SECONDS
    counts.spend(FIVE, "the next")

    assert len(counts) == 1
