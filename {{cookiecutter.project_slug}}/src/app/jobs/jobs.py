"""What a feature sees of background work: name a task, enqueue it, schedule it."""

import asyncio
import json
from datetime import timedelta

from pgqueuer import PgQueuer
from pgqueuer import Queries
from pgqueuer.db import AsyncpgDriver
from pydantic import JsonValue

from app.database import Database
from app.database import UnitOfWork
from app.jobs.attempts import REQUEST_ID
from app.jobs.attempts import TRACEPARENT
from app.jobs.attempts import Run
from app.jobs.upkeep import delete_old_records
from app.jobs.upkeep import tell_unknown_tasks
from app.jobs.worker import RunScheduled
from app.jobs.worker import Worker
from app.jobs.worker import scheduled
from app.settings import JobsSettings
from app.telemetry import current_request_id
from app.telemetry.trace import current_trace

# Somewhere in the hour, but not at its start, when everybody's jobs run.
UPKEEP_SCHEDULE = "41 * * * *"

Payload = dict[str, JsonValue]


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
        self.schedule("jobs.keep_up", UPKEEP_SCHEDULE, self._keep_up)

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

        A time that passed while no worker ran is made up for once. A failure is logged, and the
        next time comes.

        Raises:
            ValueError: the name is taken, or ``cron`` is no cron expression.
        """
        if name in self.schedules:
            raise ValueError(f"there is a schedule {name!r} already")
        PgQueuer.in_memory().schedule(name, cron)(scheduled(name, run))  # reads the expression
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
        await queries.enqueue(
            name,
            json.dumps(payload).encode(),
            execute_after=timedelta(seconds=after_seconds),
            headers=_headers(),
        )

    async def work(self, stop: asyncio.Event) -> None:
        """Runs jobs until ``stop`` is set, then lets the running ones end."""
        worker = Worker(self._settings, self._database, tasks=self.tasks, schedules=self.schedules)
        await worker.run(stop)

    async def _keep_up(self) -> None:
        await delete_old_records(self._database)
        await tell_unknown_tasks(self._database, self.tasks)


def _headers() -> dict[str, str] | None:
    """Returns what tells the job whom it is for: the request, and the trace."""
    request_id, trace = current_request_id(), current_trace()
    told = {REQUEST_ID: request_id, TRACEPARENT: trace.traceparent if trace else None}
    return {name: value for name, value in told.items() if value} or None
