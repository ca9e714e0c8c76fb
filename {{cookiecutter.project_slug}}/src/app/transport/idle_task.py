"""The task that waits until an idle connection of Hypercorn says something, or for too long."""

from collections.abc import Callable
from collections.abc import Coroutine
from typing import Any

from hypercorn.asyncio.worker_context import AsyncioSingleTask
from hypercorn.typing import TaskGroup


class IdleTask(AsyncioSingleTask):
    """Hypercorn's, which is quiet when the connection ends in the moment in which it idles.

    A task group that ends takes no task. Python 3.11 then leaves the coroutine behind, never
    awaited, and Hypercorn 0.18 lets the refusal run through the connection.
    """

    async def restart(self, task_group: TaskGroup, action: Callable[[], Any]) -> None:
        """Begins to wait anew."""
        begun: list[Coroutine[Any, Any, None]] = []

        def begin() -> Coroutine[Any, Any, None]:
            begun.append(action())
            return begun[0]

        try:
            await super().restart(task_group, begin)
        except RuntimeError:
            if not begun:
                raise
            begun[0].close()
