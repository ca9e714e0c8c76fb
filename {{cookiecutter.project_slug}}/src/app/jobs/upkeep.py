"""What the queue's tables need from time to time, and what people should hear of them."""

from collections.abc import Collection
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import structlog
from pgqueuer.models import Job
from sqlalchemy import text

from app.database import Database

# The library only ever adds to its log, two rows or more for each job.
LOG_DAYS = 7
FAILED_DAYS = 30
# A job whose worker has not been heard of for so long is given to another one.
HEARTBEAT_SECONDS = 15.0

log = structlog.get_logger()

DELETIONS = (
    ("DELETE FROM pgqueuer_log WHERE created < now() - CAST(:age AS interval)", LOG_DAYS),
    ("DELETE FROM pgqueuer_statistics WHERE created < now() - CAST(:age AS interval)", FAILED_DAYS),
    (
        "DELETE FROM pgqueuer WHERE status = 'failed' AND updated < now() - CAST(:age AS interval)",
        FAILED_DAYS,
    ),
)
UNKNOWN = """
    SELECT entrypoint, count(*) FROM pgqueuer
    WHERE status = 'queued' AND NOT entrypoint = ANY(:known) GROUP BY entrypoint
"""
# Pickings in a row with no outcome between them; the last is the one that is going on.
UNENDED = """
    SELECT count(*) - 1 FROM pgqueuer_log WHERE job_id = :job AND id > (
        SELECT max(id) FROM pgqueuer_log WHERE job_id = :job AND status <> 'picked'
    )
"""


async def delete_old_records(database: Database) -> None:
    """Deletes the library's log after a week, and failed jobs and statistics after a month.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    async with database.transaction() as work:
        for statement, days in DELETIONS:
            await work.session.execute(text(statement), {"age": timedelta(days=days)})


async def tell_unknown_tasks(database: Database, known: Collection[str]) -> None:
    """Logs the names of waiting jobs that no task here answers to; a newer worker may know them.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    async with database.reading() as session:
        rows = (await session.execute(text(UNKNOWN), {"known": list(known)})).all()
    for task, jobs in rows:
        log.error("jobs_without_their_task", task=task, jobs=jobs)


async def times_lost(database: Database, job: Job) -> int:
    """Returns how many workers in a row have died with a job.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    if datetime.now(UTC) - job.created < timedelta(seconds=HEARTBEAT_SECONDS):
        return 0  # too young to have been taken over, and so most are
    async with database.reading() as session:
        count = (await session.execute(text(UNENDED), {"job": job.id})).scalar_one()
    return max(0, int(count))
