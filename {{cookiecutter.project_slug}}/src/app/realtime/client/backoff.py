"""How long to wait before the next try."""

import random
from collections.abc import Callable
from typing import Final

WINDOW_MS: Final = 1_000  # until the server names its own
MAX_MS: Final = 30_000


class Backoff:
    """Full jitter: anywhere within a window that doubles with each failure.

    The first pause is random too, so that the clients of a restarted server come back spread out.
    """

    __slots__ = ("_after_ms", "_failures", "_random", "window_ms")

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._random = chance
        self.window_ms = WINDOW_MS
        self._failures = 0
        self._after_ms = 0

    def succeeded(self, window_ms: int) -> None:
        """Begins anew, with the window that the server named."""
        self.window_ms = window_ms
        self._failures = self._after_ms = 0

    def widen(self, window_ms: int) -> None:
        """Takes the window of a server that is about to stop."""
        self.window_ms = window_ms or WINDOW_MS

    def wait_at_least(self, after_ms: int) -> None:
        """Adds what the server asked for to the next pause."""
        self._after_ms = after_ms

    def next_seconds(self) -> float:
        """Returns the next pause, in seconds."""
        window = min(MAX_MS, self.window_ms * (1 << min(self._failures, 16)))
        self._failures += 1
        after, self._after_ms = self._after_ms, 0
        return (after + self._random() * window) / 1000

    def pause_seconds(self, after_ms: int) -> float:
        """Returns a pause for one topic; the connection itself is well."""
        return (after_ms + self._random() * self.window_ms) / 1000
