"""What the REST routes of the audit log take and give."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from pydantic import Field
from pydantic import JsonValue

from app.identity.audit.reading import AuditEntry
from app.identity.audit.reading import AuditFilter
from app.web.paging import CURSOR_MAX_CHARACTERS
from app.web.paging import Page
from app.web.values import Moment

PAGE_ENTRIES = 50


class EntryShape(BaseModel):
    """One entry."""

    id: int
    at: datetime
    event: str
    actor_kind: str
    actor_id: UUID | None
    actor: str | None
    subject_id: UUID | None
    subject: str | None
    address: str | None
    request_id: str | None
    details: dict[str, JsonValue]

    @classmethod
    def of(cls, entry: AuditEntry) -> "EntryShape":
        """Returns the shape of an entry."""
        return cls.model_validate(entry, from_attributes=True)


class EntryPage(Page[EntryShape]):
    """Some entries, the newest first."""


class EntryQuery(BaseModel):
    """Which entries to list."""

    event: str = Field(default="", max_length=60)
    person: UUID | None = Field(default=None, description="who did it, or whom it concerns")
    since: Moment | None = None
    until: Moment | None = None
    cursor: str = Field(default="", max_length=CURSOR_MAX_CHARACTERS)
    count: int = Field(default=PAGE_ENTRIES, ge=1, le=200)

    @property
    def wanted(self) -> AuditFilter:
        """What the service takes."""
        return AuditFilter(self.event, self.person, self.since, self.until)
