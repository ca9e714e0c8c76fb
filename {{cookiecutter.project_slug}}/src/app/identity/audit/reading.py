"""Reading the audit log: filtered, the newest first, in pages."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Select
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.database import Database
from app.identity.audit import AuditRow
from app.identity.rights import require
from app.identity.tables import UserRow
from app.principal import Principal
from app.roles import READ_ADMINISTRATION

EXPORTED_AT_ONCE = 500
EXPORTED_MOST = 100_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry with the names of people who still have an account."""

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


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to show: of everything, what has the event, and concerns or comes from the person."""

    event: str = ""
    person: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def read(
    who: Principal,
    database: Database,
    wanted: AuditFilter,
    *,
    before: int | None = None,
    count: int,
) -> list[AuditEntry]:
    """Returns entries older than the one called ``before``.

    Raises:
        Forbidden: the caller may not read the log.
    """
    require(who, READ_ADMINISTRATION)
    statement = _matching(wanted).order_by(AuditRow.id.desc()).limit(count)
    if before is not None:
        statement = statement.where(AuditRow.id < before)
    async with database.reading() as session:
        found = (await session.execute(statement)).all()
    return [_entry(row, actor, subject) for row, actor, subject in found]


async def read_all(
    who: Principal, database: Database, wanted: AuditFilter
) -> AsyncIterator[AuditEntry]:
    """Yields up to a hundred thousand entries, some at a time, no connection held between.

    Raises:
        Forbidden: the caller may not read the log.
    """
    before, left = None, EXPORTED_MOST
    while left > 0:
        entries = await read(
            who, database, wanted, before=before, count=min(left, EXPORTED_AT_ONCE)
        )
        for entry in entries:
            yield entry
        if len(entries) < EXPORTED_AT_ONCE:
            return
        before, left = entries[-1].id, left - len(entries)


def _matching(wanted: AuditFilter) -> Select[AuditRow, str, str]:
    actor, subject = aliased(UserRow), aliased(UserRow)
    statement = (
        select(AuditRow, actor.name, subject.name)
        .outerjoin(actor, actor.id == AuditRow.actor_id)
        .outerjoin(subject, subject.id == AuditRow.subject_id)
    )
    if wanted.event:
        statement = statement.where(AuditRow.event == wanted.event)
    if wanted.person is not None:
        statement = statement.where(
            or_(AuditRow.subject_id == wanted.person, AuditRow.actor_id == wanted.person)
        )
    if wanted.since is not None:
        statement = statement.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(AuditRow.at < wanted.until)
    return statement


def _entry(row: AuditRow, actor: str | None, subject: str | None) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        event=row.event,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor=actor,
        subject_id=row.subject_id,
        subject=subject,
        address=row.address,
        request_id=row.request_id,
        details=row.details,
    )
