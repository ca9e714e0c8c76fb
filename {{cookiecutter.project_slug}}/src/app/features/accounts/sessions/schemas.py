"""What the REST routes of sessions give."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from app.identity import SessionSummary


class SessionShape(BaseModel):
    """One browser in which the caller is signed in."""

    id: UUID
    device: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool

    @classmethod
    def of(cls, summary: SessionSummary) -> "SessionShape":
        """Returns the shape of a session."""
        return cls(
            id=summary.id,
            device=summary.device,
            created_at=summary.created_at,
            last_seen_at=summary.last_seen_at,
            is_current=summary.is_current,
        )


class SessionList(BaseModel):
    """The caller's sessions, those used last first."""

    items: list[SessionShape]
