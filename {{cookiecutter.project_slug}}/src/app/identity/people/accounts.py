"""People as administrators see them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.identity.tables import UserRow
from app.principal import UserId

# The addresses of accounts that their owners have deleted: nobody can have one (RFC 2606).
DELETED_ENDING = "@deleted.invalid"


@dataclass(frozen=True, slots=True)
class Account:
    """A person as administrators see them."""

    id: UserId
    email: str
    name: str
    roles: frozenset[str]
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class After:
    """Where a page of accounts starts: behind the last one of the page before."""

    created_at: datetime
    id: UUID


def account_of(row: UserRow) -> Account:
    """Returns a row as administrators see it."""
    return Account(
        id=UserId(row.id),
        email=row.email,
        name=row.name,
        roles=frozenset(row.roles),
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )
