"""What a feature sees of background work: name a task, enqueue it, schedule it."""

import asyncio
import json
from collections.abc import Awaitable
from collections.abc import Callable
from datetime import timedelta

from pgqueuer import Queries
from pgqueuer.db import AsyncpgDriver
from pydantic import JsonValue

from app.database import Database
from app.database import UnitOfWork
from app.jobs.worker import Worker
from app.settings import JobsSettings

Payload = dict[str, JsonValue]
Run = Callable[[Payload], Awaitable[None]]
RunScheduled = Callable[[], Awaitable[None]]


class Jobs:
    """Tasks that run later, in a worker process, at least once.

    A job belongs to the transaction that enqueued it: a rollback takes it back. It is tried again
    with growing pauses when it raises, at once when its worker died, and so must bear being run
    twice. ``RetryLater`` chooses the pause, ``GiveUp`` ends the trying.
    """

    def __init__(self, settings: JobsSettings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self.tasks: dict[str, Run] = {}
        self.schedules: dict[str, tuple[str, RunScheduled]] = {}

    def task(self, name: str, run: Run) -> None:
        """Registers what runs for jobs called ``name`` (``feature.verb_noun``).

        Raises:
            ValueError: the name is taken.
        """
        if name in self.tasks:
            raise ValueError(f"there is a task {name!r} already")
        self.tasks[name] = run

    def schedule(self, name: str, cron: str, run: RunScheduled) -> None:
        """Has ``run`` called at the times of ``cron`` (UTC), once over all workers.

        Raises:
            ValueError: the name is taken.
        """
        if name in self.schedules:
            raise ValueError(f"there is a schedule {name!r} already")
        self.schedules[name] = (cron, run)

    async def enqueue(
        self, work: UnitOfWork, name: str, *, payload: Payload, after_seconds: float = 0
    ) -> None:
        """Adds a job to the caller's transaction; it runs in ``after_seconds`` at the soonest.

        Raises:
            LookupError: no task has that name.
        """
        if name not in self.tasks:
            raise LookupError(f"there is no task {name!r}")
        queries = Queries(AsyncpgDriver(await work.raw_connection()))
        data = json.dumps(payload).encode()
        await queries.enqueue(name, data, execute_after=timedelta(seconds=after_seconds))

    async def work(self, stop: asyncio.Event) -> None:
        """Runs jobs until ``stop`` is set, then lets the running ones end."""
        worker = Worker(self._settings, self._database, tasks=self.tasks, schedules=self.schedules)
        await worker.run(stop)
