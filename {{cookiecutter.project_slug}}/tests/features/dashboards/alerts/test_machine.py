"""The alert machine: when it speaks, that it never flaps, and what missing values do to it."""

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from app.features.dashboards.alerts.machine import CALM_SECONDS
from app.features.dashboards.alerts.machine import HOLE_SECONDS
from app.features.dashboards.alerts.machine import Rule
from app.features.dashboards.alerts.machine import Standing
from app.features.dashboards.alerts.machine import judge

BUSY = Rule(side="above", threshold=80.0, for_seconds=10.0, hysteresis=5.0)
LOW = Rule(side="below", threshold=2.0, for_seconds=3.0, hysteresis=1.0)
NOISE_SECONDS = 600

Values = Sequence[float | None]


def run(
    rule: Rule, values: Values, standing: Standing | None = None, *, start: float = 1_000.0
) -> tuple[Standing, list[tuple[float, str]]]:
    """Returns where the alert stands after a value a second, and its events with their seconds."""
    standing = standing or Standing()
    events: list[tuple[float, str]] = []
    for second, value in enumerate(values):
        step = judge(rule, standing, at=start + second, value=value)
        standing = step.standing
        if step.event:
            events.append((second, step.event))
    return standing, events


def naive(rule: Rule, values: Values) -> list[tuple[float, str]]:
    """Returns the events of the alert that everybody writes first: a comparison."""
    is_raised, events = False, []
    for second, value in enumerate(values):
        if value is not None and rule.is_past(value) != is_raised:
            is_raised = not is_raised
            events.append((float(second), "raised" if is_raised else "cleared"))
    return events


def test_it_is_raised_after_the_time_and_clears_after_the_calm() -> None:
    calm = int(BUSY.calm_seconds)

    standing, events = run(BUSY, [50.0] * 5 + [90.0] * 20 + [60.0] * 30)

    assert events == [(15, "raised"), (25 + calm, "cleared")]
    assert (standing.state, standing.value) == ("ok", 60.0)


def test_a_rule_may_watch_for_too_little() -> None:
    _, events = run(LOW, [5.0] * 3 + [1.0] * 5 + [2.5] * 30 + [3.0] * 30)

    assert events == [(6, "raised"), (38 + int(CALM_SECONDS), "cleared")]


def test_the_threshold_itself_is_not_past_it_and_a_rule_without_time_speaks_at_once() -> None:
    rule = Rule(side="above", threshold=80.0)

    assert run(rule, [80.0] * 60)[1] == []
    assert run(rule, [80.0, 80.1])[1] == [(1, "raised")]


def test_a_peak_shorter_than_the_time_says_nothing() -> None:
    standing, events = run(BUSY, ([90.0] * 9 + [79.0]) * 20)

    assert events == []
    assert standing.state == "ok"


def test_it_stays_raised_between_the_threshold_and_the_hysteresis() -> None:
    standing, events = run(BUSY, [90.0] * 11 + [76.0] * 500)

    assert events == [(10, "raised")]
    assert standing.state == "raised"


@pytest.mark.parametrize("period", [1, 2, 7, 14])
def test_nothing_flaps_where_a_comparison_does(period: int) -> None:
    rule = Rule(side="above", threshold=80.0)
    swinging: Values = ([90.0] * period + [10.0] * period) * (NOISE_SECONDS // (2 * period))

    assert len(naive(rule, swinging)) > NOISE_SECONDS // (2 * period)
    assert run(rule, swinging)[1] == [(0, "raised")]


def test_missing_values_and_values_that_are_no_numbers_change_nothing() -> None:
    nothing: Values = [None, math.nan, math.inf, -math.inf]
    pending, _ = run(BUSY, [90.0] * 5)
    raised, _ = run(BUSY, [90.0] * 11)

    assert run(BUSY, nothing, pending, start=1_005.0) == (pending, [])
    assert run(BUSY, [*nothing] * 100, raised, start=1_011.0) == (raised, [])


def test_after_a_hole_what_was_pending_begins_anew_and_what_was_raised_still_is() -> None:
    later = 1_005.0 + HOLE_SECONDS + 1
    pending, _ = run(BUSY, [90.0] * 5)
    raised, _ = run(BUSY, [90.0] * 11 + [60.0] * 10)

    assert run(BUSY, [90.0] * 12, pending, start=later)[1] == [(10, "raised")]
    _, events = run(BUSY, [60.0] * 30, raised, start=later + 20)
    assert events == [(int(BUSY.calm_seconds), "cleared")]


def test_a_takeover_within_the_hole_goes_on_counting() -> None:
    pending, _ = run(BUSY, [90.0] * 5)

    assert run(BUSY, [90.0], pending, start=1_004.0 + HOLE_SECONDS)[1] == [(0, "raised")]


def test_a_second_that_comes_twice_or_late_counts_once() -> None:
    rule = Rule(side="above", threshold=80.0, for_seconds=2.0)
    first = judge(rule, Standing(), at=100.0, value=90.0).standing

    assert judge(rule, first, at=100.0, value=10.0).standing == first
    assert judge(rule, first, at=99.0, value=10.0).standing == first


def test_a_clock_that_is_set_back_does_not_silence_an_alert() -> None:
    standing, _ = run(BUSY, [50.0] * 5, start=10_000.0)

    assert run(BUSY, [90.0] * 20, standing, start=5_000.0)[1] == [(10, "raised")]


RULES = st.builds(
    Rule,
    side=st.sampled_from(["above", "below"]),
    threshold=st.integers(-5, 5).map(float),
    for_seconds=st.sampled_from([0.0, 1.0, 3.0, 20.0]),
    hysteresis=st.sampled_from([0.0, 1.0, 4.0]),
)
VALUES = st.lists(
    st.one_of(st.none(), st.integers(-10, 10).map(float), st.sampled_from([math.nan, math.inf])),
    max_size=150,
)
GAPS = st.lists(st.sampled_from([1.0, 1.0, 1.0, 2.0, 0.0, -5.0, HOLE_SECONDS + 1]), max_size=150)


@given(RULES, VALUES, GAPS)
@settings(max_examples=150, deadline=None)
def test_whatever_comes_events_alternate_and_keep_their_distance(
    rule: Rule, values: Values, gaps: list[float]
) -> None:
    standing, at, events = Standing(), 1_000.0, []
    past_since: float | None = None
    for value, gap in zip(values, gaps, strict=False):
        at += gap
        before = standing
        step = judge(rule, standing, at=at, value=value)
        standing = step.standing
        if step.event:
            events.append((at, step.event))
        if value is not None and math.isfinite(value) and standing != before:
            past_since = (past_since or at) if rule.is_past(value) else None
        if step.event == "raised":
            assert past_since is not None
            assert at - past_since >= rule.for_seconds

    kinds = [kind for _, kind in events]
    assert kinds == ["raised", "cleared"] * (len(kinds) // 2) + ["raised"] * (len(kinds) % 2)
    for (raised_at, kind), (cleared_at, _) in pairwise(events):
        if kind == "raised":
            assert cleared_at - raised_at >= CALM_SECONDS


@given(RULES, VALUES)
@settings(max_examples=100, deadline=None)
def test_it_answers_the_same_whether_it_was_stored_in_between_or_not(
    rule: Rule, values: Values
) -> None:
    at_once = run(rule, values)
    half = len(values) // 2
    first, early = run(rule, values[:half])
    second, late = run(rule, values[half:], first, start=1_000.0 + half)

    assert (second, early + [(half + second_, kind) for second_, kind in late]) == at_once
