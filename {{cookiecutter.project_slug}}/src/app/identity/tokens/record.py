"""What the service knows of an API token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.identity.tables import ApiTokenRow
from app.principal import Principal
from app.principal import TokenId
from app.principal import UserId


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as its owner sees it in a list; ``hint`` is how it begins."""

    id: TokenId
    name: str
    hint: str
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that was made just now; ``secret`` is its only copy."""

    secret: str
    token: ApiToken


def api_token_of(row: ApiTokenRow) -> ApiToken:
    """Returns a token as its owner sees it."""
    return ApiToken(
        id=TokenId(row.id),
        name=row.name,
        hint=row.hint,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )


def principal_of(row: ApiTokenRow, user_name: str, *, is_owed: bool) -> Principal:
    """Returns the person as the caller that a token vouches for.

    ``is_owed`` says that they have to set up a second factor first: a token is no way round it.
    """
    # Never an administrator, and never recently signed in: those things are for people.
    return Principal(
        kind="enrolling" if is_owed else "user",
        user_id=UserId(row.user_id),
        name=user_name,
        token_id=TokenId(row.id),
        scopes=frozenset() if is_owed else frozenset(row.scopes),
    )
