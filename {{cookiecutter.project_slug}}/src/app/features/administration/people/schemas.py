"""What the REST routes of people take and give."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field

from app.identity import Account
from app.identity import SessionSummary
from app.web.paging import CURSOR_MAX_CHARACTERS
from app.web.paging import Page

PAGE_PEOPLE = 50


class PersonShape(BaseModel):
    """An account, to those who look after all of them."""

    id: UUID
    email: str
    name: str
    roles: list[str]
    created_at: datetime
    disabled_at: datetime | None

    @classmethod
    def of(cls, account: Account) -> "PersonShape":
        """Returns the shape of an account."""
        return cls(
            id=account.id,
            email=account.email,
            name=account.name,
            roles=sorted(account.roles),
            created_at=account.created_at,
            disabled_at=account.disabled_at,
        )


class PersonPage(Page[PersonShape]):
    """Some people, those who joined last first."""


class PersonQuery(BaseModel):
    """Whom to list."""

    q: str = Field(default="", max_length=100, description="how words of name or address begin")
    cursor: str = Field(default="", max_length=CURSOR_MAX_CHARACTERS)
    count: int = Field(default=PAGE_PEOPLE, ge=1, le=200)


class RoleName(BaseModel):
    """A role to give."""

    model_config = ConfigDict(extra="forbid")

    role: str = Field(max_length=40)


class PersonSession(BaseModel):
    """One browser in which a person is signed in."""

    id: UUID
    device: str
    created_at: datetime
    last_seen_at: datetime

    @classmethod
    def of(cls, summary: SessionSummary) -> "PersonSession":
        """Returns the shape of a session."""
        return cls(
            id=summary.id,
            device=summary.device,
            created_at=summary.created_at,
            last_seen_at=summary.last_seen_at,
        )


class PersonSessions(BaseModel):
    """A person's sessions, those used last first."""

    items: list[PersonSession]
