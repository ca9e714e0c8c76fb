"""What the REST routes take and give."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import SecretStr

from app.identity import SessionSummary
from app.identity import User


class SignIn(BaseModel):
    """The e-mail address and the password of somebody who has signed up."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=320)
    password: SecretStr = Field(max_length=1_024)


class SignUp(SignIn):
    """What it takes to join."""

    name: str = Field(max_length=200)


class UserShape(BaseModel):
    """A person, to themselves."""

    id: UUID
    email: str
    name: str

    @classmethod
    def of(cls, user: User) -> "UserShape":
        """Returns what a person may see of themselves."""
        return cls(id=user.id, email=user.email, name=user.name)


class SignedIn(BaseModel):
    """The person who is signed in; the session itself is in the cookie."""

    user: UserShape


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
