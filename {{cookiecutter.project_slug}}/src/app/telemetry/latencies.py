"""Latencies in little memory: counts by size, exact to two per cent."""

import math
from collections import Counter

STEPS_PER_E = 50  # steps of e**(1/50), which is two per cent


class Latencies:
    """However many are added, it stays small."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._most_seconds = 0.0

    def add(self, seconds: float) -> None:
        """Counts one."""
        self._counts[round(math.log(max(seconds, 1e-6)) * STEPS_PER_E)] += 1
        self._most_seconds = max(self._most_seconds, seconds)

    @property
    def most_ms(self) -> float | None:
        """The longest, in milliseconds; None when there is none."""
        return self._most_seconds * 1000 if self._counts else None

    def percentile_ms(self, percent: float) -> float | None:
        """Returns what so many per cent stay below, in milliseconds; None when there are none."""
        left = self._counts.total() * percent / 100
        for step, count in sorted(self._counts.items()):
            left -= count
            if left <= 0:
                return math.exp(step / STEPS_PER_E) * 1000
        return None
