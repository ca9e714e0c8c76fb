"""Ends the presence of this process's connections in the moment that their linger is over.

The janitors find them as well, but a turn of theirs comes only every few seconds and ends a few
hundred entries: they are for processes that died, and for a server that was away.
"""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable

import structlog

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.redis.entries import EntryName
from app.realtime.supervise import Supervisor

# Redis counts in whole milliseconds of its own clock: a moment later it agrees that it is time.
MARGIN_SECONDS = 0.02
ENDED_TOGETHER = 500

log = structlog.get_logger()


class Lingering:
    """Entries that end in a while; ``end`` spares those that have come back meanwhile."""

    def __init__(
        self, end: Callable[[Iterable[EntryName]], Awaitable[None]], supervisor: Supervisor
    ) -> None:
        self._end = end
        self._supervisor = supervisor
        self._due: list[EntryName] = []
        self._ending: asyncio.Task[None] | None = None
        self._is_closed = False

    def add(self, name: EntryName, *, seconds: float) -> None:
        """Ends an entry that lingers from now on."""
        asyncio.get_running_loop().call_later(seconds + MARGIN_SECONDS, self._is_over, name)

    def close(self) -> None:
        """Leaves the rest to the janitors of other processes."""
        self._is_closed = True

    def _is_over(self, name: EntryName) -> None:
        self._due.append(name)
        if self._ending is None and not self._is_closed:
            self._ending = self._supervisor.start("presence ends", self._run())

    async def _run(self) -> None:
        try:
            while self._due:
                some, self._due = self._due[:ENDED_TOGETHER], self._due[ENDED_TOGETHER:]
                await asyncio.gather(*(self._end([name]) for name in some))
        except BackplaneUnavailable as failure:
            self._due.clear()
            log.debug("presence.ends_left_to_janitors", detail=failure.detail)
        finally:
            self._ending = None
