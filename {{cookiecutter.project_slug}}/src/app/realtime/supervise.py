"""Tasks that run for ever, or for a moment: named, and never ending unnoticed."""

import asyncio
import time
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Coroutine
from typing import Any
from typing import Final

import structlog

log = structlog.get_logger()

RESTART_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 30.0
# Whoever runs for so long is well again, whatever was before.
STEADY_SECONDS: Final = 60.0
CRASHES_TOO_MANY: Final = 5


class Supervisor:
    """Owns the background tasks of the realtime core."""

    def __init__(
        self,
        *,
        restart_seconds: float = RESTART_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._restart_seconds = restart_seconds
        self._clock = clock
        self._tasks: set[asyncio.Task[Any]] = set()
        self._crashes: dict[str, int] = {}
        self._started: dict[str, float] = {}

    @property
    def failing(self) -> list[str]:
        """Names the tasks that have ended five times and not run for a minute since."""
        return [
            name
            for name, crashes in self._crashes.items()
            if crashes >= CRASHES_TOO_MANY and not self._is_steady(name)
        ]

    def keep(self, name: str, run: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Runs ``run`` for ever: when it fails or returns, that is logged and it starts again.

        At once it would fill the log and the processor: after a second, then after twice as long
        each time, up to half a minute.
        """
        return self.start(name, self._keep(name, run))

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs ``work`` once in the background; a failure is logged."""
        task = asyncio.get_running_loop().create_task(work, name=f"realtime:{name}")
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def close(self) -> None:
        """Cancels everything and waits for it to end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        while True:
            self._started[name] = self._clock()
            try:
                await run()
                log.error("realtime.task_returned", task=name)
            except Exception:
                log.exception("realtime.task_failed", task=name)
            crashes = 1 if self._is_steady(name) else self._crashes.get(name, 0) + 1
            self._crashes[name] = crashes
            self._started[name] = self._clock()
            await asyncio.sleep(self._pause_seconds(crashes))

    def _pause_seconds(self, crashes: int) -> float:
        doublings = min(crashes - 1, CRASHES_TOO_MANY)
        return min(self._restart_seconds * 2.0**doublings, LONGEST_SECONDS)

    def _is_steady(self, name: str) -> bool:
        return self._clock() - self._started[name] >= STEADY_SECONDS

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("realtime.task_failed", task=task.get_name(), exc_info=task.exception())
