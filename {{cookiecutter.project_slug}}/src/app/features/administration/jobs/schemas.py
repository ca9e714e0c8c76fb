"""What the REST routes of jobs take and give."""

from datetime import datetime

from pydantic import BaseModel
from pydantic import Field

from app.jobs.records import JobRecord
from app.jobs.records import Status
from app.web.paging import CURSOR_MAX_CHARACTERS
from app.web.paging import Page

PAGE_JOBS = 50


class JobShape(BaseModel):
    """A job, without what it carries."""

    id: int
    task: str
    status: str
    created_at: datetime
    due_at: datetime
    updated_at: datetime
    attempts: int
    reason: str | None

    @classmethod
    def of(cls, job: JobRecord) -> "JobShape":
        """Returns the shape of a job."""
        return cls.model_validate(job, from_attributes=True)


class JobPage(Page[JobShape]):
    """Some jobs in one state, the newest first, and how many there are in each."""

    counts: dict[str, int]


class JobQuery(BaseModel):
    """Which jobs to list."""

    status: Status = "failed"
    cursor: str = Field(default="", max_length=CURSOR_MAX_CHARACTERS)
    count: int = Field(default=PAGE_JOBS, ge=1, le=200)
