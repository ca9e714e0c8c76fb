"""Jobs over REST."""

from quart import Blueprint
from quart_schema import document_response
from quart_schema import validate_querystring
from quart_schema import validate_response

from app.features.administration.jobs.schemas import JobPage
from app.features.administration.jobs.schemas import JobQuery
from app.features.administration.jobs.service import page_of_jobs
from app.features.administration.jobs.service import retry
from app.resources import current_resources
from app.web import admin_only
from app.web import auditors
from app.web import current_principal
from app.web import guard
from app.web import limit
from app.web import recently_signed_in
from app.web.paging import link_next

blueprint = Blueprint("administration_jobs", __name__, url_prefix="/api/v1/administration/jobs")


@blueprint.get("")
@guard(auditors)
@limit("120/minute")
@validate_querystring(JobQuery)
@validate_response(JobPage)
async def list_jobs(query_args: JobQuery) -> tuple[JobPage, int, dict[str, str]]:
    """Lists jobs in one state, the newest first."""
    page = await page_of_jobs(
        current_principal(),
        current_resources().database,
        query_args.status,
        cursor=query_args.cursor,
        count=query_args.count,
    )
    return page, 200, link_next(page.next)


@blueprint.post("/<int:job_id>/retry")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@document_response(None, 204)
async def retry_job(job_id: int) -> tuple[str, int]:
    """Puts a job that has failed back into the queue, as if new."""
    await retry(current_principal(), current_resources().database, job_id)
    return "", 204
