"""Who did what to whom, when and from where: written with the change itself, never altered.

    await audit.record(work, "password.changed", who=who, subject=user_id)

The row belongs to the transaction of the change: neither is there without the other. PostgreSQL
itself refuses to alter a row, and to delete one younger than ``KEPT_DAYS_LEAST``.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import BigInteger
from sqlalchemy import DateTime
from sqlalchemy import Identity
from sqlalchemy import Index
from sqlalchemy import Text
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base
from app.database import Database
from app.database import UnitOfWork
from app.identity.audit.events import described_events
from app.principal import Principal
from app.telemetry import caller_address
from app.telemetry import current_request_id
from app.telemetry.fields import SECRET_NAMES

KEPT_DAYS_LEAST = 30  # as the trigger of the migration has it
DETAILS_MAX_BYTES = 4_096
DELETED_AT_ONCE = 5_000
# What only points at a secret, or counts some.
HARMLESS_ENDINGS = ("_id", "_name", "_prefix", "_count")
NO_DETAILS: Mapping[str, JsonValue] = {}

DELETE_OLD = text("""
    DELETE FROM audit_events WHERE id IN (
        SELECT id FROM audit_events
        WHERE at < now() - make_interval(days => :days) ORDER BY id LIMIT :count
    ) RETURNING id
""")


class AuditRow(Base):
    """One entry. People are named by id alone and by no foreign key: the log outlives them."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_subject_id_id", "subject_id", "id"),
        Index("ix_audit_events_actor_id_id", "actor_id", "id"),
        Index("ix_audit_events_event_id", "event", "id"),
        Index("ix_audit_events_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    event: Mapped[str] = mapped_column(Text)
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[UUID | None]
    subject_id: Mapped[UUID | None]
    address: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, JsonValue]] = mapped_column(JSONB, server_default=text("'{}'"))


async def record(
    work: UnitOfWork,
    event: str,
    *,
    who: Principal,
    subject: UUID | None = None,
    details: Mapping[str, JsonValue] = NO_DETAILS,
) -> None:
    """Writes an entry into the caller's transaction; address and request are found by themselves.

    ``subject`` is the id of the person whom it concerns; whoever acts, unless it is told.

    Raises:
        LookupError: the catalogue does not know the event.
        ValueError: a detail has the name of a secret, or they are more than 4 KiB of JSON.
    """
    if event not in described_events():
        raise LookupError(f"{event!r} is not in app.identity.audit.events")
    _check(details)
    await work.session.execute(
        insert(AuditRow).values(
            event=event,
            actor_kind=who.kind,
            actor_id=who.user_id,
            subject_id=subject or who.user_id,
            address=caller_address(),
            request_id=current_request_id(),
            details=dict(details),
        )
    )


async def delete_old(database: Database, *, days: int) -> int:
    """Deletes entries older than ``days``, some at a time, and returns how many they were."""
    deleted = 0
    while True:
        async with database.transaction() as work:
            parameters = {"days": max(days, KEPT_DAYS_LEAST), "count": DELETED_AT_ONCE}
            gone = len((await work.session.scalars(DELETE_OLD, parameters)).all())
        deleted += gone
        if gone < DELETED_AT_ONCE:
            return deleted


def _check(details: Mapping[str, JsonValue]) -> None:
    for name in details:
        if SECRET_NAMES.search(name) and not name.endswith(HARMLESS_ENDINGS):
            raise ValueError(f"{name!r} sounds like a secret, which the audit log must not hold")
    if len(json.dumps(details).encode()) > DETAILS_MAX_BYTES:
        raise ValueError(f"details are over {DETAILS_MAX_BYTES} bytes")
