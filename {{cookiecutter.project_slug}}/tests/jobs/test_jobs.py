"""Jobs: in the caller's transaction, tried again, taken over from a killed worker."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import JsonValue
from sqlalchemy import text

from app.database import Database
from app.errors import GiveUp
from app.errors import RetryLater
from app.jobs import Jobs
from app.jobs import attempts
from app.jobs.attempts import pause_seconds
from app.settings import JobsSettings

WAIT_SECONDS_HANG_GUARD = 60
KILLED = Path(__file__).parent / "killed_worker.py"


@pytest.fixture
def jobs(database: Database) -> Jobs:
    return Jobs(JobsSettings.model_construct(max_attempts=3, stop_seconds=0.5), database)


@asynccontextmanager
async def working(jobs: Jobs) -> AsyncIterator[None]:
    """Has a worker run in this loop."""
    stop = asyncio.Event()
    worker = asyncio.create_task(jobs.work(stop))
    try:
        async with asyncio.timeout(WAIT_SECONDS_HANG_GUARD):
            yield
    finally:
        stop.set()
        await worker


async def statuses(database: Database) -> list[str]:
    """Returns the states of the jobs that are in the queue."""
    async with database.reading() as session:
        return list(await session.scalars(text("SELECT status::text FROM pgqueuer")))


async def wait_until_statuses(database: Database, expected: list[str]) -> None:
    """Waits until the queue holds jobs in these states, and no others."""
    while await statuses(database) != expected:  # noqa: ASYNC110 - the state is PostgreSQL's
        await asyncio.sleep(0.02)


async def enqueue(jobs: Jobs, database: Database, name: str, **payload: JsonValue) -> None:
    async with database.transaction() as work:
        await jobs.enqueue(work, name, payload=payload)


async def test_a_job_runs_once_after_its_transaction(jobs: Jobs, database: Database) -> None:
    ran: asyncio.Queue[dict[str, JsonValue]] = asyncio.Queue()
    jobs.task("test.note", ran.put)

    await enqueue(jobs, database, "test.note", number=7)
    async with working(jobs):
        payload = await ran.get()
        await wait_until_statuses(database, [])

    assert payload == {"number": 7}
    assert ran.empty()


async def test_a_job_enqueued_as_the_first_statement_goes_with_a_rollback(
    jobs: Jobs, database: Database
) -> None:
    jobs.task("test.never", lambda _: asyncio.sleep(0))

    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as work:
            await jobs.enqueue(work, "test.never", payload={})
            raise ZeroDivisionError

    assert await statuses(database) == []


async def test_a_job_that_raises_is_tried_again_and_parked_in_the_end(
    jobs: Jobs, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "FIRST_PAUSE_SECONDS", 0.01)
    tries = 0

    async def fail(payload: dict[str, JsonValue]) -> None:
        nonlocal tries
        tries += 1
        raise ValueError("not today")

    jobs.task("test.fail", fail)
    await enqueue(jobs, database, "test.fail")
    async with working(jobs):
        await wait_until_statuses(database, ["failed"])

    assert tries == 3


async def test_retry_later_chooses_the_pause(jobs: Jobs, database: Database) -> None:
    done = asyncio.Event()
    tries = 0

    async def later(payload: dict[str, JsonValue]) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RetryLater("once more", after_seconds=0.01)
        done.set()

    jobs.task("test.later", later)
    await enqueue(jobs, database, "test.later")
    async with working(jobs):
        await done.wait()

    assert tries == 2


async def test_give_up_ends_the_trying_at_once(jobs: Jobs, database: Database) -> None:
    tries = 0

    async def give_up(payload: dict[str, JsonValue]) -> None:
        nonlocal tries
        tries += 1
        raise GiveUp("no such file")

    jobs.task("test.give_up", give_up)
    await enqueue(jobs, database, "test.give_up")
    async with working(jobs):
        await wait_until_statuses(database, ["failed"])

    assert tries == 1


async def test_a_job_that_runs_when_the_worker_stops_goes_back_into_the_queue(
    jobs: Jobs, database: Database
) -> None:
    started = asyncio.Event()

    async def endless(payload: dict[str, JsonValue]) -> None:
        started.set()
        await asyncio.Event().wait()

    jobs.task("test.endless", endless)
    await enqueue(jobs, database, "test.endless")
    async with working(jobs):
        await started.wait()

    assert await statuses(database) == ["queued"]


async def test_a_job_without_its_task_is_kept_until_a_worker_knows_it(
    jobs: Jobs, database: Database
) -> None:
    known = asyncio.Event()
    old = Jobs(JobsSettings.model_construct(), database)
    old.task("test.old", lambda _: asyncio.sleep(0))
    await enqueue(old, database, "test.old")

    async def run(payload: dict[str, JsonValue]) -> None:
        known.set()

    jobs.task("test.other", run)
    await enqueue(jobs, database, "test.other")
    async with working(jobs):
        await known.wait()

    assert await statuses(database) == ["queued"]


async def test_names_are_taken_once_and_unknown_ones_are_refused(
    jobs: Jobs, database: Database
) -> None:
    async def run(payload: dict[str, JsonValue]) -> None: ...

    async def scheduled() -> None: ...

    jobs.task("test.twice", run)
    jobs.schedule("test.nightly", "0 3 * * *", scheduled)

    with pytest.raises(ValueError, match="already"):
        jobs.task("test.twice", run)
    with pytest.raises(ValueError, match="already"):
        jobs.schedule("test.nightly", "0 4 * * *", scheduled)
    with pytest.raises(LookupError, match="unknown"):
        await enqueue(jobs, database, "test.unknown")


async def test_the_worker_comes_back_after_postgresql_ended_its_connections(
    jobs: Jobs, database: Database
) -> None:
    ran: asyncio.Queue[dict[str, JsonValue]] = asyncio.Queue()
    jobs.task("test.note", ran.put)
    terminate = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE application_name = 'app worker' AND datname = current_database()"
    )

    async with working(jobs):
        await enqueue(jobs, database, "test.note", number=1)
        await ran.get()
        async with database.reading() as session:
            ended = (await session.execute(text(terminate))).scalar_one()
        await enqueue(jobs, database, "test.note", number=2)
        second = await ran.get()

    assert ended >= 1
    assert second == {"number": 2}


@pytest.mark.slow
async def test_the_job_of_a_killed_worker_is_given_to_another(
    jobs: Jobs, database: Database, tmp_path: Path
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    mark = tmp_path / "started"
    jobs.task("test.slow", lambda _: asyncio.sleep(0))
    await enqueue(jobs, database, "test.slow")
    killed = subprocess.Popen(  # noqa: ASYNC220 - it only forks
        [sys.executable, str(KILLED), url, str(mark)], env={**os.environ, "PYTHONPATH": "src:."}
    )
    while not mark.exists():
        await asyncio.sleep(0.05)
        assert killed.poll() is None

    killed.send_signal(signal.SIGKILL)
    killed.wait()
    abandoned = await statuses(database)
    async with working(jobs):
        await wait_until_statuses(database, [])

    assert abandoned == ["picked"]


def test_pauses_grow_up_to_a_limit() -> None:
    pauses = [pause_seconds(tries) for tries in range(1, 15)]

    assert pauses[:4] == [1.0, 2.0, 4.0, 8.0]
    assert pauses[-1] == attempts.MOST_PAUSE_SECONDS
