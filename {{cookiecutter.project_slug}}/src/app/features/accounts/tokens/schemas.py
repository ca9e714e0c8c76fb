"""What the REST routes of API tokens take and give."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field

from app.identity.tokens.record import ApiToken
from app.identity.tokens.record import IssuedToken

DEFAULT_DAYS = 90


class NewToken(BaseModel):
    """A token that is wanted: what it is for, what it may do, and for how long."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    scopes: list[str] = Field(max_length=50)
    days: int = DEFAULT_DAYS


class TokenShape(BaseModel):
    """A token, without its secret; ``hint`` is how it begins."""

    id: UUID
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, token: ApiToken) -> "TokenShape":
        """Returns the shape of a token."""
        return cls(
            id=token.id,
            name=token.name,
            hint=token.hint,
            scopes=list(token.scopes),
            created_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
        )


class MadeToken(BaseModel):
    """A token that was made just now; ``secret`` is shown this once."""

    secret: str
    token: TokenShape

    @classmethod
    def of(cls, issued: IssuedToken) -> "MadeToken":
        """Returns the shape of a new token."""
        return cls(secret=issued.secret, token=TokenShape.of(issued.token))


class TokenList(BaseModel):
    """The caller's tokens, the newest first."""

    items: list[TokenShape]
