"""Noticing that a client leaves while nobody reads from it."""

import asyncio
import threading
from types import TracebackType
from typing import Self

from hypercorn.typing import ASGIReceiveCallable

# Most views are done by then, and never pay for a listener.
PATIENCE_SECONDS = 0.05


class Leaving:
    """Cancels the block when the client leaves; then the block ends and ``has_left`` is true.

    A task listens for that, but only for a block that is still running after ``PATIENCE_SECONDS``,
    or twice that. What arrives meanwhile is dropped, so the request must have no body.
    """

    __slots__ = ("_listener", "_receive", "_task", "_watch", "has_left")

    def __init__(self, receive: ASGIReceiveCallable) -> None:
        self._receive = receive
        self._listener: asyncio.Task[None] | None = None
        self._task: asyncio.Task[object] | None = None
        self.has_left = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.current_task()
        self._watch = _watch()
        self._watch.add(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._watch.discard(self)
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.wait({self._listener})
        if not (self.has_left and self._task):
            return False
        # As in asyncio.timeout: the cancellation was ours unless somebody else wants one too.
        return self._task.uncancel() == 0 and isinstance(fault, asyncio.CancelledError)

    def begin_to_listen(self) -> None:
        """Starts the task that hears of the client."""
        self._listener = asyncio.get_running_loop().create_task(self._listen(), name="http:leaving")

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue
        self.has_left = True
        if self._task is not None:
            self._task.cancel()


class _Watch:
    """Looks, while any block is running, which of them have been for a while.

    One timer for all: to set and cancel one for each costs as much as a tenth of a plain request.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._new: set[Leaving] = set()
        self._old: set[Leaving] = set()
        self._is_on = False

    def add(self, block: Leaving) -> None:
        """Begins to watch a block."""
        self._new.add(block)
        if not self._is_on:
            self._is_on = True
            self.loop.call_later(PATIENCE_SECONDS, self._look)

    def discard(self, block: Leaving) -> None:
        """Forgets a block that has ended."""
        self._new.discard(block)
        self._old.discard(block)

    def _look(self) -> None:
        for block in self._old:
            block.begin_to_listen()
        self._old, self._new = self._new, set()
        self._is_on = bool(self._old)
        if self._is_on:
            self.loop.call_later(PATIENCE_SECONDS, self._look)


class _OfThread(threading.local):
    watch: _Watch | None = None


_of_thread = _OfThread()


def _watch() -> _Watch:
    """Returns what watches the blocks of the running loop."""
    loop, watch = asyncio.get_running_loop(), _of_thread.watch
    if watch is None or watch.loop is not loop:
        watch = _of_thread.watch = _Watch(loop)
    return watch
