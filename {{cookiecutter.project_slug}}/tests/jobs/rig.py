"""A worker in the loop of the test, and what the queue holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import JsonValue
from sqlalchemy import text

from app.database import Database
from app.jobs import Jobs
from tests.patience import PATIENCE_SECONDS

WORKERS = "application_name = 'app worker' AND datname = current_database()"
TERMINATE = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {WORKERS}"

Payload = dict[str, JsonValue]


@asynccontextmanager
async def working(jobs: Jobs) -> AsyncIterator[None]:
    """Has a worker run in this loop."""
    stop = asyncio.Event()
    worker = asyncio.create_task(jobs.work(stop))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield
    finally:
        stop.set()
        await worker


async def enqueue(jobs: Jobs, database: Database, name: str, **payload: JsonValue) -> None:
    """Adds a job in a transaction of its own."""
    async with database.transaction() as work:
        await jobs.enqueue(work, name, payload=payload)


async def statuses(database: Database) -> list[str]:
    """Returns the states of the jobs that are in the queue."""
    async with database.reading() as session:
        return list(await session.scalars(text("SELECT status::text FROM pgqueuer")))


async def wait_until_statuses(database: Database, expected: list[str]) -> None:
    """Waits until the queue holds jobs in these states, and no others."""
    while await statuses(database) != expected:  # noqa: ASYNC110 - the state is PostgreSQL's
        await asyncio.sleep(0.02)


async def execute(database: Database, statement: str) -> int:
    """Runs a statement that returns a number, in a transaction of its own."""
    async with database.reading() as session:
        return int((await session.execute(text(statement))).scalar_one())
