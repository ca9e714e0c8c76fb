"""The page of jobs: how many are in each state, and those in one of them."""

from typing import get_args

from quart import Blueprint
from quart import redirect
from quart import request
from werkzeug.wrappers import Response

from app.features.administration.frame import section_page
from app.features.administration.jobs.schemas import PAGE_JOBS
from app.features.administration.jobs.service import page_of_jobs
from app.features.administration.jobs.service import retry
from app.jobs.records import Status
from app.resources import current_resources
from app.web import admin_only
from app.web import auditors
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import recently_signed_in

URL = "/administration/jobs"
LABELS: dict[Status, str] = {"failed": "Failed", "queued": "Waiting", "picked": "Running"}

blueprint = Blueprint("administration_jobs_pages", __name__)


@blueprint.get(URL)
@guard(auditors)
@limit("120/minute")
@html
async def jobs_page() -> str:
    """Shows jobs in one state; those that failed unless another is asked for."""
    wanted = request.args.get("status", "")
    status: Status = next((one for one in get_args(Status) if one == wanted), "failed")
    page = await page_of_jobs(
        current_principal(),
        current_resources().database,
        status,
        cursor=request.args.get("cursor", ""),
        count=PAGE_JOBS,
    )
    return await section_page(URL, "jobs.html", page=page, status=status, labels=LABELS)


@blueprint.post(f"{URL}/<int:job_id>/retry")
@guard(admin_only)
@recently_signed_in
@limit("60/minute")
@html
async def retry_job(job_id: int) -> Response:
    """Puts a job back into the queue and shows what else has failed."""
    await retry(current_principal(), current_resources().database, job_id)
    return redirect(URL, 303)
