"""The worker: takes jobs from PostgreSQL until it is told to stop."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

import structlog
from pgqueuer import PgQueuer
from pgqueuer.models import Schedule

from app.database import Database
from app.database.relay import wait_for_stop
from app.errors import Unavailable
from app.jobs.attempts import Run
from app.jobs.attempts import attempt
from app.jobs.driver import PatientDriver
from app.jobs.upkeep import HEARTBEAT_SECONDS
from app.jobs.upkeep import tell_unknown_tasks
from app.jobs.upkeep import times_lost
from app.settings import JobsSettings

# How long a job waits when its notification was lost.
POLL_SECONDS = 5.0
AWAY_SECONDS = 1.0
RESTART_SECONDS = 5.0

log = structlog.get_logger()

RunScheduled = Callable[[], Awaitable[None]]
Schedules = Mapping[str, tuple[str, RunScheduled]]


class Worker:
    """One process's share of the work."""

    def __init__(
        self,
        settings: JobsSettings,
        database: Database,
        *,
        tasks: Mapping[str, Run],
        schedules: Schedules,
    ) -> None:
        self._settings = settings
        self._database = database
        self._tasks = tasks
        self._schedules = schedules

    async def run(self, stop: asyncio.Event) -> None:
        """Works until ``stop`` is set.

        It begins anew whatever went wrong: a worker that is gone helps nobody.
        """
        while not stop.is_set():
            driver = PatientDriver(self._database, stop)
            try:
                await self._work(driver, stop)
            except Unavailable:  # told already, once per outage
                await wait_for_stop(stop, AWAY_SECONDS)
            except Exception:
                log.exception("worker_begins_anew", after_seconds=RESTART_SECONDS)
                await wait_for_stop(stop, RESTART_SECONDS)
            finally:
                driver.close()

    async def _work(self, driver: PatientDriver, stop: asyncio.Event) -> None:
        queue = PgQueuer(driver)
        self._register(queue)
        working = asyncio.create_task(self._run_queue(queue), name="jobs")
        stopping = asyncio.create_task(stop.wait(), name="jobs-stop")
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            queue.shutdown.set()
            await asyncio.wait({working}, timeout=self._settings.stop_seconds)
        finally:
            stopping.cancel()
            working.cancel()  # what has not ended by now goes back into the queue
            await asyncio.wait({working})
        if not working.cancelled():
            await working

    async def _run_queue(self, queue: PgQueuer) -> None:
        await tell_unknown_tasks(self._database, self._tasks)
        log.info("worker_ready", tasks=len(self._tasks), schedules=len(self._schedules))
        concurrency = max(2, self._settings.concurrency)
        await queue.run(
            dequeue_timeout=timedelta(seconds=POLL_SECONDS),
            batch_size=concurrency // 2,
            max_concurrent_tasks=concurrency,
            shutdown_on_listener_failure=True,
            heartbeat_timeout=timedelta(seconds=HEARTBEAT_SECONDS),
        )

    def _register(self, queue: PgQueuer) -> None:
        max_attempts = self._settings.max_attempts
        lost = partial(times_lost, self._database)
        for name, run in self._tasks.items():
            attempted = attempt(run, max_attempts=max_attempts, lost=lost)
            queue.entrypoint(name, on_failure="hold", accepts_context=False)(attempted)
        for name, (cron, run_scheduled) in self._schedules.items():
            # Not `clean_old`: a worker that starts would wipe out the time that has just come.
            queue.schedule(name, cron, accepts_context=False)(scheduled(name, run_scheduled))


def scheduled(name: str, run: RunScheduled) -> Callable[[Schedule], Awaitable[None]]:
    """Wraps a scheduled function: its failure is logged, and its next time comes."""

    async def called(schedule: Schedule) -> None:
        try:
            await run()
        except Exception:
            log.exception("schedule_failed", schedule=name)

    return called
