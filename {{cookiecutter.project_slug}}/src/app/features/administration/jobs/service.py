"""Jobs in pages, and another try for one that has failed."""

from app.database import Database
from app.features.administration.jobs.schemas import JobPage
from app.features.administration.jobs.schemas import JobShape
from app.identity import audit
from app.identity.rights import require
from app.jobs.records import Status
from app.jobs.records import count_jobs
from app.jobs.records import list_jobs
from app.jobs.records import retry_job
from app.principal import Principal
from app.roles import CHANGE_ADMINISTRATION
from app.roles import READ_ADMINISTRATION
from app.web.paging import cut
from app.web.paging import decode_cursor


async def page_of_jobs(
    who: Principal, database: Database, status: Status, *, cursor: str, count: int
) -> JobPage:
    """Returns jobs in one state, the newest first.

    Raises:
        Forbidden: the caller may not see jobs.
        Invalid: the cursor is of another list.
    """
    require(who, READ_ADMINISTRATION)
    before = int(decode_cursor(cursor, kinds=(int,))[0]) if cursor else None
    async with database.reading() as session:
        jobs = await list_jobs(session, status, before=before, count=count + 1)
        counts = await count_jobs(session)
    page = cut(jobs, count, key=lambda job: (job.id,), shape=JobShape.of)
    return JobPage(items=page.items, next=page.next, counts=counts)


async def retry(who: Principal, database: Database, job_id: int) -> None:
    """Puts a job that has failed back into the queue.

    Raises:
        Forbidden: the caller may not.
        NotFound: no job of this id has failed.
    """
    require(who, CHANGE_ADMINISTRATION)
    async with database.transaction() as work:
        task = await retry_job(work, job_id)
        await audit.record(work, "job.retried", who=who, details={"job_id": job_id, "task": task})
