"""The worker: takes jobs from PostgreSQL, and comes back when PostgreSQL was away."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import structlog
from pgqueuer import PgQueuer
from pgqueuer.models import Schedule

from app.database import Database
from app.jobs.attempts import Run
from app.jobs.attempts import attempt
from app.settings import JobsSettings

DEQUEUE_SECONDS = 5.0
# A job whose worker has not been heard of for so long is given to another one.
HEARTBEAT_SECONDS = 15.0
AWAY_FIRST_SECONDS = 0.5
AWAY_MOST_SECONDS = 10.0
CONNECT_SECONDS = 5.0

log = structlog.get_logger()

Schedules = Mapping[str, tuple[str, Callable[[], Awaitable[None]]]]


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
        """Works until ``stop`` is set; tries again, ever more slowly, while PostgreSQL is away."""
        pause_seconds = AWAY_FIRST_SECONDS
        while not stop.is_set():
            try:
                await self._work_connected(stop)
                pause_seconds = AWAY_FIRST_SECONDS
            except Exception as error:  # whatever it was, a worker that is gone helps nobody
                log.warning("worker_waits", where=self._database.where, reason=repr(error))
                await waited(stop, pause_seconds)
                pause_seconds = min(2 * pause_seconds, AWAY_MOST_SECONDS)

    async def _work_connected(self, stop: asyncio.Event) -> None:
        dsn = self._database.engine.url.set(drivername="postgresql")
        # One connection and not a pool: the library's pool driver trips over its own clean-up when
        # the connections end under it.
        connection = await asyncpg.connect(
            dsn.render_as_string(hide_password=False),
            timeout=CONNECT_SECONDS,
            server_settings={"application_name": "app worker"},
        )
        try:
            queue = PgQueuer.from_asyncpg_connection(connection)
            self._register(queue)
            log.info("worker_ready", tasks=len(self._tasks), schedules=len(self._schedules))
            await self._until_stopped(queue, stop)
        finally:
            connection.terminate()

    def _register(self, queue: PgQueuer) -> None:
        for name, run in self._tasks.items():
            wrapped = attempt(run, max_attempts=self._settings.max_attempts)
            queue.entrypoint(name, on_failure="hold", accepts_context=False)(wrapped)
        for name, (cron, run_scheduled) in self._schedules.items():
            queue.schedule(name, cron, clean_old=True, accepts_context=False)(
                scheduled(name, run_scheduled)
            )

    async def _until_stopped(self, queue: PgQueuer, stop: asyncio.Event) -> None:
        concurrency = max(2, self._settings.concurrency)
        working = asyncio.create_task(
            queue.run(
                dequeue_timeout=timedelta(seconds=DEQUEUE_SECONDS),
                batch_size=concurrency // 2,
                max_concurrent_tasks=concurrency,
                shutdown_on_listener_failure=True,
                heartbeat_timeout=timedelta(seconds=HEARTBEAT_SECONDS),
            ),
            name="jobs",
        )
        stopping = asyncio.create_task(stop.wait(), name="jobs stop")
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            queue.shutdown.set()
            # What has not ended by then goes back into the queue; see `attempts`.
            async with asyncio.timeout(self._settings.stop_seconds):
                await working
        except TimeoutError:
            log.warning("worker_stops_with_jobs_running")
        finally:
            stopping.cancel()


def scheduled(name: str, run: Callable[[], Awaitable[None]]) -> Callable[[Schedule], Any]:
    """Wraps a scheduled function: its failure is logged, and its next time comes."""

    async def called(schedule: Schedule) -> None:
        try:
            await run()
        except Exception:
            log.exception("schedule_failed", schedule=name)

    return called


async def waited(stop: asyncio.Event, most_seconds: float) -> None:
    """Waits until ``stop`` is set, but not longer than ``most_seconds``."""
    try:
        async with asyncio.timeout(most_seconds):
            await stop.wait()
    except TimeoutError:
        return
