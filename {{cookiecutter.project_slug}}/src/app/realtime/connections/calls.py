"""The calls of one connection that are running: a few at a time, and none after its end."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Calls:
    """Tasks that live no longer than the connection they answer."""

    __slots__ = ("_running",)

    def __init__(self) -> None:
        self._running: list[asyncio.Task[None]] = []  # few, and an empty set is four times as big

    def __len__(self) -> int:
        return len(self._running)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs ``work`` beside the commands that follow; whoever starts one counts them first."""
        task = asyncio.create_task(work, name="call")
        self._running.append(task)
        task.add_done_callback(self._running.remove)

    def cancel(self) -> None:
        """Cancels what still runs: nobody waits for the answers."""
        for task in self._running:
            task.cancel()
