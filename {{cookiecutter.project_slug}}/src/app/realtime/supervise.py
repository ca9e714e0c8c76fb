"""Tasks that run for ever, or for a moment: named, and never ending unnoticed."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger()

RESTART_SECONDS = 1.0


class Supervisor:
    """Owns the background tasks of the realtime core."""

    def __init__(self, *, restart_seconds: float = RESTART_SECONDS) -> None:
        self._restart_seconds = restart_seconds
        self._tasks: set[asyncio.Task[Any]] = set()

    def keep(self, name: str, run: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Runs ``run`` for ever: when it fails or returns, that is logged and it starts again."""
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
            try:
                await run()
                log.error("realtime.task_returned", task=name)
            except Exception:
                log.exception("realtime.task_failed", task=name)
            await asyncio.sleep(self._restart_seconds)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("realtime.task_failed", task=task.get_name(), exc_info=task.exception())
