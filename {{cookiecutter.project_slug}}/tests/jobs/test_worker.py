"""The worker: stopped, killed, cut off from PostgreSQL, and still nothing is lost."""

import asyncio
from collections.abc import Collection
from signal import SIGKILL

import pytest
import structlog
from sqlalchemy import text

from app.database import Database
from app.errors import Unavailable
from app.jobs import Jobs
from app.jobs import driver as driver_module
from app.jobs import worker as worker_module
from app.jobs.driver import PatientDriver
from app.settings import DatabaseSettings
from app.settings import JobsSettings
from tests import programs
from tests.jobs.rig import TERMINATE
from tests.jobs.rig import Payload
from tests.jobs.rig import enqueue
from tests.jobs.rig import execute
from tests.jobs.rig import statuses
from tests.jobs.rig import wait_until_statuses
from tests.jobs.rig import working

HEARTBEAT_SECONDS = 1.0


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has a worker take jobs over after a second, so that tests are short."""
    monkeypatch.setattr(worker_module, "HEARTBEAT_SECONDS", HEARTBEAT_SECONDS)
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 0.2)
    monkeypatch.setattr("app.jobs.upkeep.HEARTBEAT_SECONDS", HEARTBEAT_SECONDS)


async def test_the_job_of_a_killed_worker_is_given_to_another(
    jobs: Jobs, database: Database, hasty: None
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    ran: asyncio.Queue[Payload] = asyncio.Queue()
    jobs.task("test.slow", ran.put)
    await enqueue(jobs, database, "test.slow", number=7)

    async with programs.running("tests.jobs.killed_worker", url) as killed:
        await killed.says("the job has begun")
        killed.send(SIGKILL)
        await killed.ended()
    abandoned = await statuses(database)
    async with working(jobs):
        payload = await ran.get()
        await wait_until_statuses(database, [])

    assert abandoned == ["picked"]
    assert payload == {"number": 7}


async def test_a_job_that_kills_its_workers_is_parked_in_the_end(
    jobs: Jobs, database: Database, hasty: None
) -> None:
    ran = asyncio.Event()

    async def run(payload: Payload) -> None:
        ran.set()

    jobs.task("test.deadly", run)
    await enqueue(jobs, database, "test.deadly")
    async with database.transaction() as work:  # as three workers leave it that died with it
        await work.session.execute(
            text(
                "UPDATE pgqueuer SET status = 'picked', heartbeat = now() - interval '1 hour', "
                "created = now() - interval '1 hour', queue_manager_id = gen_random_uuid()"
            )
        )
        await work.session.execute(
            text(
                "INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority) "
                "SELECT id, 'picked', entrypoint, priority FROM pgqueuer, generate_series(1, 3)"
            )
        )

    with structlog.testing.capture_logs() as lines:
        async with working(jobs):
            await wait_until_statuses(database, ["failed"])

    assert not ran.is_set()
    assert "job_given_up" in {line["event"] for line in lines}


async def test_postgresql_may_restart_under_a_running_job(jobs: Jobs, database: Database) -> None:
    starts = 0
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(payload: Payload) -> None:
        nonlocal starts
        starts += 1
        started.set()
        await go_on.wait()

    jobs.task("test.slow", slow)
    await enqueue(jobs, database, "test.slow")
    async with working(jobs):
        await started.wait()
        ended = await execute(database, TERMINATE)
        go_on.set()
        await wait_until_statuses(database, [])

    assert ended == 1
    assert starts == 1


async def test_a_worker_hears_of_jobs_again_after_its_connection_ended(
    jobs: Jobs, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 3600.0)  # so only notifications wake it
    ran: asyncio.Queue[Payload] = asyncio.Queue()
    jobs.task("test.note", ran.put)

    async with working(jobs):
        await enqueue(jobs, database, "test.note", number=1)
        await ran.get()
        ended = await execute(database, TERMINATE)
        while not await execute(database, TERMINATE.replace("pg_terminate_backend", "")):
            await enqueue(jobs, database, "test.note", number=2)
            await asyncio.sleep(0.02)
        await enqueue(jobs, database, "test.note", number=3)
        while await ran.get() != {"number": 3}:
            pass

    assert ended == 1


async def test_a_worker_waits_for_postgresql_and_stops_without_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver_module, "AWAY_FIRST_SECONDS", 0.01)
    gone = Database(DatabaseSettings.model_construct(url="postgresql://127.0.0.1:1/gone"))
    stop = asyncio.Event()
    driver = PatientDriver(gone, stop)

    with structlog.testing.capture_logs() as lines:
        waiting = asyncio.create_task(driver.fetch("SELECT 1"))
        while not lines:  # noqa: ASYNC110 - a plain list
            await asyncio.sleep(0)
        stop.set()
        with pytest.raises(Unavailable):
            await waiting
    driver.close()

    assert [line["event"] for line in lines] == ["postgresql_unavailable"]


async def test_a_worker_without_postgresql_is_one_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_module, "AWAY_SECONDS", 0.01)
    gone = Database(DatabaseSettings.model_construct(url="postgresql://127.0.0.1:1/gone"))
    tries = 0

    async def tried(database: Database, known: Collection[str]) -> None:
        nonlocal tries
        tries += 1
        await database.ping()

    monkeypatch.setattr(worker_module, "tell_unknown_tasks", tried)

    with structlog.testing.capture_logs() as lines:
        async with working(Jobs(JobsSettings.model_construct(), gone)):
            while tries < 3:  # noqa: ASYNC110 - a plain number
                await asyncio.sleep(0.01)

    assert [line["event"] for line in lines] == ["postgresql_unavailable"]


async def test_a_worker_without_its_tables_says_so_and_begins_anew(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "RESTART_SECONDS", 0.01)

    async def broken(database: object, known: object) -> None:
        raise RuntimeError("no such table")

    monkeypatch.setattr(worker_module, "tell_unknown_tasks", broken)

    with structlog.testing.capture_logs() as lines:
        async with working(jobs):
            while len(lines) < 2:  # noqa: ASYNC110 - the lines are a plain list
                await asyncio.sleep(0.01)

    assert {line["event"] for line in lines} == {"worker_begins_anew"}


async def test_a_mistake_in_a_statement_is_no_outage(database: Database) -> None:
    driver = PatientDriver(database, asyncio.Event())

    with pytest.raises(Exception, match="does not exist"):
        await driver.execute("SELECT nothing FROM nowhere")

    assert driver.shutdown.is_set() is False
    assert driver.tm.tasks == set()
    driver.close()


async def test_a_worker_that_is_cancelled_leaves_no_task_behind(
    jobs: Jobs, database: Database
) -> None:
    before = asyncio.all_tasks()
    ran: asyncio.Queue[Payload] = asyncio.Queue()
    jobs.task("test.note", ran.put)
    await enqueue(jobs, database, "test.note")

    worker = asyncio.create_task(jobs.work(asyncio.Event()))
    await ran.get()
    worker.cancel()
    await asyncio.wait({worker})

    assert worker.cancelled()
    assert asyncio.all_tasks() == before


async def test_the_settings_bound_how_many_jobs_run_at_once(database: Database) -> None:
    jobs = Jobs(JobsSettings.model_construct(concurrency=2, stop_seconds=0.5), database)
    running, most, done = 0, 0, 0
    pairs = asyncio.Barrier(2)  # one at a time would wait for ever

    async def count(payload: Payload) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        await pairs.wait()
        await asyncio.sleep(0.01)
        running -= 1
        done += 1

    jobs.task("test.count", count)
    for _ in range(6):
        await enqueue(jobs, database, "test.count")
    async with working(jobs):
        await wait_until_statuses(database, [])

    assert (done, most) == (6, 2)


async def test_a_closed_driver_opens_no_other_connection(database: Database) -> None:
    driver = PatientDriver(database, asyncio.Event())
    await driver.execute("SELECT 1")
    driver.close()

    with pytest.raises(Unavailable):
        await driver.execute("SELECT 1")

    await wait_until_nobody_is_called(driver_module.APPLICATION_NAME, database)


async def test_a_driver_that_is_closed_while_it_connects_lets_go(database: Database) -> None:
    driver = PatientDriver(database, asyncio.Event())

    late = asyncio.create_task(driver.fetch("SELECT 1"))
    await asyncio.sleep(0)  # it connects now
    driver.close()

    with pytest.raises(Unavailable):
        await late
    await wait_until_nobody_is_called(driver_module.APPLICATION_NAME, database)


async def wait_until_nobody_is_called(name: str, database: Database) -> None:
    """Waits until PostgreSQL has no connection with that name, in this database."""
    count = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE application_name = :name AND datname = current_database()"
    )
    async with database.reading() as session:
        while (await session.execute(count, {"name": name})).scalar_one():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
