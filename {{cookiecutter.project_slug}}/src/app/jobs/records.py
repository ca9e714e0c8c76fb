"""The queue as administrators see it: what waits, what failed and why, and another try.

What a job carries is not shown: it may be a link that opens an account.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import UnitOfWork
from app.errors import NotFound

Status = Literal["queued", "picked", "failed"]
STATUSES: tuple[Status, ...] = ("queued", "picked", "failed")
REASON_CHARACTERS = 300

LIST = text(f"""
    SELECT id, entrypoint, status::text AS status, created, execute_after, updated, attempts, (
        SELECT left(concat_ws(': ', log.traceback->>'exception_type',
                                    log.traceback->>'exception_message'), {REASON_CHARACTERS})
        FROM pgqueuer_log AS log
        WHERE log.job_id = pgqueuer.id AND log.traceback IS NOT NULL
        ORDER BY log.created DESC LIMIT 1
    ) AS reason
    FROM pgqueuer
    WHERE status = CAST(:status AS pgqueuer_status)
        AND (CAST(:before AS bigint) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :count
""")  # noqa: S608 - a constant of ours
COUNT = text("""
    SELECT status::text AS status, count(*) AS jobs FROM (
        SELECT status FROM pgqueuer LIMIT 100000
    ) AS counted GROUP BY status
""")
RETRY = text("""
    UPDATE pgqueuer SET status = 'queued', attempts = 0, execute_after = now(), updated = now(),
        queue_manager_id = NULL, slot = NULL
    WHERE id = :id AND status = 'failed' RETURNING entrypoint
""")


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job without what it carries; ``reason`` is how its last try failed."""

    id: int
    task: str
    status: str
    created_at: datetime
    due_at: datetime
    updated_at: datetime
    attempts: int
    reason: str | None


async def list_jobs(
    session: AsyncSession, status: Status, *, before: int | None, count: int
) -> list[JobRecord]:
    """Returns jobs in a state, the newest first, those older than ``before``."""
    found = await session.execute(LIST, {"status": status, "before": before, "count": count})
    return [JobRecord(*row) for row in found]


async def count_jobs(session: AsyncSession) -> dict[str, int]:
    """Returns how many jobs are in each state, of the first hundred thousand."""
    found = {row.status: row.jobs for row in await session.execute(COUNT)}
    return {status: found.get(status, 0) for status in STATUSES}


async def retry_job(work: UnitOfWork, job_id: int) -> str:
    """Puts a job that has failed back into the queue, as if new; returns its task.

    Raises:
        NotFound: no job of this id has failed.
    """
    task = (await work.session.scalars(RETRY, {"id": job_id})).one_or_none()
    if task is None:
        raise NotFound("no job of this id has failed")
    return str(task)
