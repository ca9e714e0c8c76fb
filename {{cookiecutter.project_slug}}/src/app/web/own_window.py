"""One call counted against one limit, in the memory of this process.

The same algorithm as in Redis (`app.web.window`) and as in the sliding window of ``limits``, whose
storage in memory looks at all of its keys, in a task, with every call.
"""

import time
from collections.abc import Callable
from typing import Final

from limits import RateLimitItem

from app.web.standing import Standing
from app.web.standing import standing_of

SWEEP_SECONDS: Final = 60.0


class _Count:
    """What was spent in a window and in the former one; windows have numbers."""

    __slots__ = ("former", "seconds", "spent", "window")

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.window = -1
        self.former = self.spent = 0

    def move_to(self, window: int) -> None:
        """Begins a later window."""
        if window != self.window:
            self.former = self.spent if window == self.window + 1 else 0
            self.spent = 0
            self.window = window


class OwnWindow:
    """Counts in the memory of this process; what no longer counts goes within a minute or two."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._counts: dict[tuple[int, int, tuple[str, ...]], _Count] = {}
        self._sweep_at = clock() + SWEEP_SECONDS

    def spend(self, item: RateLimitItem, *who: str) -> Standing:
        """Counts one call, unless there is nothing left for it."""
        now, seconds = self._clock(), item.get_expiry()
        if now >= self._sweep_at:
            self._sweep(now)
        key = (item.amount, seconds, who)
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = _Count(seconds)
        passed = now / seconds
        window = int(passed)
        if window != count.window:
            count.move_to(window)
        left = (window + 1 - passed) * seconds
        former_left = left if count.former else 0.0
        weight = count.former * former_left / seconds + count.spent
        allowed = int(weight) + 1 <= item.amount
        count.spent += allowed
        return standing_of(item, allowed, count.former, former_left, count.spent, left + seconds)

    def __len__(self) -> int:
        return len(self._counts)

    def _sweep(self, now: float) -> None:
        self._sweep_at = now + SWEEP_SECONDS
        for key, count in list(self._counts.items()):
            if now >= (count.window + 2) * count.seconds:
                del self._counts[key]
