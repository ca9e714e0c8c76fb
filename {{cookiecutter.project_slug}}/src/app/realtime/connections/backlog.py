"""All that waits to be written in this process: one sum, one limit, one set of deadlines."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from app.realtime.metrics import Meters
from app.settings import RealtimeSettings

FLUSH_WRITES = 500


class Waiting(Protocol):
    """A connection with something to write."""

    @property
    def queued_bytes(self) -> int:
        """How much waits."""

    @property
    def deadline(self) -> float:
        """When the write that is under way, or the close, has taken too long."""

    def overdue(self) -> None:
        """Learns that its deadline has passed."""

    def shed(self) -> None:
        """Gives up all that waits, because the process as a whole holds too much."""


class Due(Protocol):
    """A connection that wants to write at the end of this tick of the loop."""

    def flush(self) -> None:
        """Writes what has been put in the tick."""


class Backlog:
    """The connections with something queued; an idle connection is not in here."""

    def __init__(
        self,
        settings: RealtimeSettings,
        *,
        clock: Callable[[], float],
        meters: Meters | None = None,
    ) -> None:
        self.settings = settings
        self.meters = meters or Meters()
        self.clock = clock
        self.queued_bytes = 0
        self.waiting: set[Waiting] = set()
        self._due: list[Due] = []

    def grow(self, size_bytes: int) -> None:
        """Counts what was queued; over the limit the deepest queue goes first."""
        self.queued_bytes += size_bytes
        while self.queued_bytes > self.settings.queued_process_max_bytes and self.waiting:
            deepest = max(self.waiting, key=lambda waiting: waiting.queued_bytes)
            if not deepest.queued_bytes:
                return
            deepest.shed()

    def shrink(self, size_bytes: int) -> None:
        """Counts what was written or given up."""
        self.queued_bytes -= size_bytes

    def flush_soon(self, due: Due) -> None:
        """Lets ``due`` write at the next turn of the loop."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._flush)
        self._due.append(due)

    def _flush(self) -> None:
        # After so many writes the loop gets a turn, so that a large topic starves nobody.
        now, self._due = self._due[:FLUSH_WRITES], self._due[FLUSH_WRITES:]
        if self._due:
            asyncio.get_running_loop().call_soon(self._flush)
        for due in now:
            due.flush()

    def check_deadlines(self) -> None:
        """Tells every connection whose write or close takes too long."""
        now = self.clock()
        for waiting in [one for one in self.waiting if one.deadline <= now]:
            waiting.overdue()
