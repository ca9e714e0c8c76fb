"""Telling a crowd of a gap over a while, so that it does not load anew in one moment."""

import asyncio
import math

from app.realtime.core import Core

STEP_SECONDS = 0.05


class Pacing:
    """Tells those who wait in large topics, over ``retry_window_seconds``."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def run(self) -> None:
        """Tells them for ever."""
        while True:
            await self._core.untold.wait()
            await self.tell_all()

    async def tell_all(self) -> None:
        """Tells everybody who waits, and whoever begins to meanwhile."""
        hub, share = self._core.hub, 1
        while hub.untold:
            if self._core.untold.is_set():
                self._core.untold.clear()
                share = max(share, self._share())
            hub.tell_untold(share)
            await asyncio.sleep(STEP_SECONDS)
        self._core.untold.clear()

    def _share(self) -> int:
        waiting = sum(len(topic.untold) for topic in self._core.hub.untold.values())
        steps = max(1.0, self._core.settings.retry_window_seconds / STEP_SECONDS)
        return math.ceil(waiting / steps)
