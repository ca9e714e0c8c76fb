"""Waiting until transactions wait for each other, which only PostgreSQL knows."""

import asyncio

from sqlalchemy import text

from app.database import Database
from tests.patience import PATIENCE_SECONDS

WAITING = text("""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
""")


async def all_wait(database: Database, *tasks: asyncio.Task[None]) -> None:
    """Returns when each task is done, or waits for a lock."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        waiting = -1
        while sum(not task.done() for task in tasks) > waiting:
            await asyncio.sleep(0.01)
            async with database.reading() as session:
                waiting = (await session.scalars(WAITING)).one()
