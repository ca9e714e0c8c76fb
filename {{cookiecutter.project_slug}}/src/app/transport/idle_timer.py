"""The end of a connection that asks nothing: one timer for all its pauses.

uvicorn sets a timer after each answer and cancels it with the next request, which on a busy
connection is dearer than to remember when the pause began.
"""

import asyncio
from collections.abc import Callable


class IdleTimer:
    """Calls ``over`` when a pause has lasted for so many seconds."""

    __slots__ = ("_loop", "_over", "_seconds", "_since", "_timer")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, over: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._seconds = seconds
        self._over = over
        self._since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Begins a pause."""
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._look)

    def end(self) -> None:
        """Ends the pause, if there is one."""
        self._since = None

    def cancel(self) -> None:
        """Lets the timer go: the connection is no more."""
        self._since = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._since is None:
            return  # the next pause sets it again
        left = self._since + self._seconds - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._over()
