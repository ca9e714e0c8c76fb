"""When an alert is raised and when it clears: values in, values out, and no clock of its own.

    ok ──value is past the threshold──> pending ──for as long as the rule says──> raised
    ok <──one value that is not──────── pending
    ok <──back by the hysteresis, for as long as the rule says────────────────── raised

What keeps it from flapping:

1. A value that comes and goes never gets from ``pending`` to ``raised``.
2. A raised alert ignores the band between the threshold and the hysteresis below it.
3. It clears only after ``calm_seconds`` without leaving that calm, so it stays raised for at least
   ``CALM_SECONDS``, and there are at most two events in that time, whatever the value does.
4. Missing values prove nothing: they neither raise nor clear, and a pending alert begins anew.
"""

import math
from dataclasses import dataclass
from dataclasses import replace
from typing import Literal

State = Literal["ok", "pending", "raised"]
Side = Literal["above", "below"]
Event = Literal["raised", "cleared"]

CALM_SECONDS = 15.0
# Longer without a value is a hole: nobody knows what happened in it. A process that dies is
# followed by another within this time, which goes on with what is pending.
HOLE_SECONDS = 30.0
# A clock that is set back by more than this is a new time; less are values in the wrong order.
BACKWARDS_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Rule:
    """What is too much, or too little: ``side`` of ``threshold`` for ``for_seconds``.

    ``hysteresis`` is how far back the value has to come before the alert may clear.
    """

    side: Side
    threshold: float
    for_seconds: float = 0.0
    hysteresis: float = 0.0

    @property
    def calm_level(self) -> float:
        """The value at which a raised alert begins to clear."""
        if self.side == "above":
            return self.threshold - self.hysteresis
        return self.threshold + self.hysteresis

    @property
    def calm_seconds(self) -> float:
        """How long the value has to stay there."""
        return max(CALM_SECONDS, self.for_seconds)

    def is_past(self, value: float) -> bool:
        """Tells whether ``value`` is past the threshold; one that is equal to it is not."""
        return value > self.threshold if self.side == "above" else value < self.threshold

    def is_calm(self, value: float) -> bool:
        """Tells whether ``value`` is back by the hysteresis."""
        level = self.calm_level
        return value <= level if self.side == "above" else value >= level


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an alert stands; times are seconds of any one clock.

    ``since`` is when the state began, ``calm_since`` when a raised one began to clear, ``seen_at``
    when the last value came, ``value`` what it was.
    """

    state: State = "ok"
    since: float = 0.0
    calm_since: float | None = None
    seen_at: float | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Where the alert stands after a value, and what there is to tell of, if anything."""

    standing: Standing
    event: Event | None = None


def judge(rule: Rule, standing: Standing, *, at: float, value: float | None) -> Step:
    """Returns what a value makes of an alert.

    No value, or none that is a number, is a missing one. One of the same moment as the last one,
    or of a moment before it, changes nothing: two processes may have seen the same second.
    """
    if value is None or not math.isfinite(value):
        return Step(standing)
    seen_at = standing.seen_at
    if seen_at is not None and seen_at - BACKWARDS_SECONDS < at <= seen_at:
        return Step(standing)
    if seen_at is not None and not 0 <= at - seen_at <= HOLE_SECONDS:
        standing = _after_a_hole(standing, at)
    standing = replace(standing, seen_at=at, value=value)
    if standing.state == "raised":
        return _clear(rule, standing, at=at, value=value)
    return _raise(rule, standing, at=at, value=value)


def _raise(rule: Rule, standing: Standing, *, at: float, value: float) -> Step:
    if not rule.is_past(value):
        if standing.state == "ok":
            return Step(standing)
        return Step(replace(standing, state="ok", since=at))
    if standing.state == "ok":
        standing = replace(standing, state="pending", since=at)
    if at - standing.since < rule.for_seconds:
        return Step(standing)
    return Step(replace(standing, state="raised", since=at, calm_since=None), "raised")


def _clear(rule: Rule, standing: Standing, *, at: float, value: float) -> Step:
    if not rule.is_calm(value):
        return Step(replace(standing, calm_since=None))
    calm_since = at if standing.calm_since is None else standing.calm_since
    if at - calm_since < rule.calm_seconds:
        return Step(replace(standing, calm_since=calm_since))
    return Step(replace(standing, state="ok", since=at, calm_since=None), "cleared")


def _after_a_hole(standing: Standing, at: float) -> Standing:
    match standing.state:
        case "pending":
            return replace(standing, state="ok", since=at)
        case "raised":
            # ``since`` stays true unless the clock itself was set back.
            return replace(standing, since=min(standing.since, at), calm_since=None)
        case _:
            return replace(standing, since=min(standing.since, at))
