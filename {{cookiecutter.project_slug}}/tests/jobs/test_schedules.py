"""Schedules: once over all workers, made up for when missed, and the queue's own upkeep."""

import asyncio

import structlog
from sqlalchemy import text

from app.database import Database
from app.jobs import Jobs
from app.jobs.upkeep import delete_old_records
from app.settings import JobsSettings
from tests.jobs.rig import execute
from tests.jobs.rig import working

EVERY_SECOND = "* * * * * *"
RUNS = 6
MAKE_DUE = "UPDATE pgqueuer_schedules SET next_run = now() - interval '1 hour' RETURNING 1"
AGES = {"pgqueuer_log": 8, "pgqueuer_statistics": 31, "pgqueuer": 31}


async def test_a_schedule_runs_once_over_several_workers(database: Database) -> None:
    runs: list[float] = []
    enough = asyncio.Event()

    async def run() -> None:
        runs.append(asyncio.get_running_loop().time())
        if len(runs) == RUNS:
            enough.set()

    workers = [Jobs(JobsSettings.model_construct(stop_seconds=0.5), database) for _ in range(2)]
    for jobs in workers:
        jobs.schedule("test.tick", EVERY_SECOND, run)
    async with working(workers[0]), working(workers[1]):
        await enough.wait()

    # At least four seconds, since a late run may be followed by one in time; two if each ran it.
    assert runs[RUNS - 1] - runs[0] > 2.6


async def test_a_time_that_passed_while_no_worker_ran_is_made_up_for_once(
    jobs: Jobs, database: Database
) -> None:
    runs: asyncio.Queue[None] = asyncio.Queue()

    async def run() -> None:
        runs.put_nowait(None)

    jobs.schedule("test.yearly", "0 0 1 1 *", run)
    async with working(jobs):
        while not await execute(database, "SELECT count(*) FROM pgqueuer_schedules"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    before = runs.qsize()
    await execute(database, "WITH due AS (" + MAKE_DUE + ") SELECT count(*) FROM due")
    async with working(jobs):
        await runs.get()

    assert before == 0
    assert runs.empty()


async def test_a_schedule_that_fails_is_told_and_its_next_time_comes(
    jobs: Jobs, database: Database
) -> None:
    twice = asyncio.Event()
    runs = 0

    async def fail() -> None:
        nonlocal runs
        runs += 1
        if runs == 2:
            twice.set()
        raise ValueError("not today")

    jobs.schedule("test.fail", EVERY_SECOND, fail)
    with structlog.testing.capture_logs() as lines:
        async with working(jobs):
            await twice.wait()

    failed = [line for line in lines if line["event"] == "schedule_failed"]
    assert {line["schedule"] for line in failed} == {"test.fail"}


async def test_what_the_library_keeps_for_ever_is_deleted_after_a_while(
    jobs: Jobs, database: Database
) -> None:
    jobs.task("test.note", lambda _: asyncio.sleep(0))
    async with database.transaction() as work:
        for number in range(2):
            await jobs.enqueue(work, "test.note", payload={"number": number})
        await work.session.execute(
            text(
                "INSERT INTO pgqueuer_statistics (created, count, priority, status, entrypoint) "
                "VALUES (now(), 1, 0, 'successful', 'new'), (now(), 1, 0, 'successful', 'old')"
            )
        )
        for table, days in AGES.items():
            age = f"interval '{days} days'"
            await work.session.execute(
                text(
                    f"UPDATE {table} SET created = now() - {age}"
                    + (
                        f", status = 'failed', updated = now() - {age}"
                        if table == "pgqueuer"
                        else ""
                    )
                    + f" WHERE id = (SELECT max(id) FROM {table})"
                )
            )

    await delete_old_records(database)

    left = {table: await execute(database, f"SELECT count(*) FROM {table}") for table in AGES}
    assert left == dict.fromkeys(AGES, 1)
