"""Copies of what the service holds of a person: asked for, made by a job, kept for some days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from uuid import UUID
from uuid import uuid4

from sqlalchemy import DateTime
from sqlalchemy import ForeignKey
from sqlalchemy import LargeBinary
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from app.database import Base
from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import NotFound
from app.principal import UserId

KEPT_DAYS = 7
EVERY = timedelta(days=1)


class DataExportRow(Base):
    """One copy; ``content`` is there when the job has made it."""

    __tablename__ = "data_exports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    requested_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)


@dataclass(frozen=True, slots=True)
class DataExport:
    """A copy as its owner sees it in a list."""

    id: UUID
    requested_at: datetime
    expires_at: datetime
    is_ready: bool


async def ask(work: UnitOfWork, user_id: UserId) -> UUID:
    """Notes that a person wants a copy and returns its id.

    Raises:
        Conflict: one was asked for within a day.
    """
    now = datetime.now(UTC)
    # Whoever asks twice at once waits here, and then finds the first.
    await work.session.execute(
        select(func.pg_advisory_xact_lock(func.hashtext(f"data_exports:{user_id}")))
    )
    if not may_ask(await list_of(work.session, user_id)):
        raise Conflict("There is a copy of today already, or one is being made.")
    values = {"user_id": user_id, "expires_at": now + timedelta(days=KEPT_DAYS)}
    added = insert(DataExportRow).values(values).returning(DataExportRow.id)
    return (await work.session.scalars(added)).one()


def may_ask(copies: Sequence[DataExport]) -> bool:
    """Tells whether somebody with these copies may have another one made: one a day."""
    begun = datetime.now(UTC) - EVERY
    return all(one.requested_at <= begun for one in copies)


async def owner_of(session: AsyncSession, export_id: UUID) -> UserId | None:
    """Returns whose copy it is, None when it is not wanted any more."""
    found = select(DataExportRow.user_id).where(DataExportRow.id == export_id)
    user_id = (await session.scalars(found)).one_or_none()
    return UserId(user_id) if user_id else None


async def store(work: UnitOfWork, export_id: UUID, content: bytes) -> None:
    """Keeps the finished copy; a second try of the job stores it once more."""
    kept = update(DataExportRow).where(DataExportRow.id == export_id).values(content=content)
    await work.session.execute(kept)


async def list_of(session: AsyncSession, user_id: UserId) -> Sequence[DataExport]:
    """Returns a person's copies that are still good."""
    rows = await session.execute(
        select(
            DataExportRow.id,
            DataExportRow.requested_at,
            DataExportRow.expires_at,
            DataExportRow.content.is_not(None),
        )
        .where(DataExportRow.user_id == user_id, DataExportRow.expires_at > datetime.now(UTC))
        .order_by(DataExportRow.requested_at.desc())
    )
    return [DataExport(*row) for row in rows]


async def content_of(session: AsyncSession, user_id: UserId, export_id: UUID) -> bytes:
    """Returns a person's own copy.

    Raises:
        NotFound: it is not theirs, not ready, or gone.
    """
    found = select(DataExportRow.content).where(
        DataExportRow.id == export_id,
        DataExportRow.user_id == user_id,
        DataExportRow.expires_at > datetime.now(UTC),
    )
    content = (await session.scalars(found)).one_or_none()
    if content is None:
        raise NotFound("there is no such copy")
    return content


async def delete_expired(database: Database) -> None:
    """Removes copies whose days are over; for a schedule to call."""
    async with database.transaction() as work:
        old = DataExportRow.expires_at <= datetime.now(UTC)
        await work.session.execute(delete(DataExportRow).where(old))
