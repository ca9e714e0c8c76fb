"""The list of rooms: what is unread where, in one query with bounded work per room."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import LateralFromClause

from app.identity.tables import UserRow
from app.principal import Principal

from .schemas import PERSON_MAX_ROOMS
from .schemas import PREVIEW_CHARACTERS
from .schemas import UNREAD_MAX
from .schemas import OpenRoom
from .schemas import RoomSummary
from .tables import MembershipRow
from .tables import MessageRow
from .tables import RoomRow


async def my_rooms(
    who: Principal, session: AsyncSession, *, room_id: UUID | None = None
) -> list[RoomSummary]:
    """Returns the rooms of ``who``, the one written to last first; or only the one named."""
    last = _last_message()
    last_id = func.coalesce(last.c.id, 0).label("last_message_id")
    asked = (
        select(
            RoomRow.id,
            RoomRow.name,
            RoomRow.is_private,
            RoomRow.version,
            MembershipRow.role,
            MembershipRow.last_read_message_id,
            _unread(who).label("unread"),
            last_id,
            last.c.author_name,
            last.c.body,
            last.c.created_at,
        )
        .join(MembershipRow, MembershipRow.room_id == RoomRow.id)
        .outerjoin(last, true())
        .where(MembershipRow.user_id == who.own_id)
        .order_by(last_id.desc(), RoomRow.created_at.desc(), RoomRow.id)
        .limit(PERSON_MAX_ROOMS)
    )
    if room_id is not None:
        asked = asked.where(RoomRow.id == room_id)
    return [_summary(row._asdict()) for row in await session.execute(asked)]


async def open_rooms(who: Principal, session: AsyncSession, *, limit: int) -> list[OpenRoom]:
    """Returns public rooms that ``who`` is not in, those with the most members first."""
    members = select(func.count()).where(MembershipRow.room_id == RoomRow.id).scalar_subquery()
    mine = select(MembershipRow.room_id).where(
        MembershipRow.room_id == RoomRow.id, MembershipRow.user_id == who.own_id
    )
    asked = (
        select(RoomRow.id, RoomRow.name, members.label("member_count"))
        .where(RoomRow.is_private.is_(False), ~mine.exists())
        .order_by(members.desc(), RoomRow.name, RoomRow.id)
        .limit(limit)
    )
    return [OpenRoom.model_validate(row._asdict()) for row in await session.execute(asked)]


async def count_rooms(who: Principal, session: AsyncSession) -> int:
    """Returns in how many rooms ``who`` is."""
    counted = select(func.count()).where(MembershipRow.user_id == who.own_id)
    return await session.scalar(counted) or 0


def _summary(values: dict[str, Any]) -> RoomSummary:
    has_message = values["last_message_id"] > 0
    return RoomSummary.model_validate({**values, "last_message": values if has_message else None})


def _last_message() -> LateralFromClause:
    return (
        select(
            MessageRow.id,
            UserRow.name.label("author_name"),
            func.left(MessageRow.body, PREVIEW_CHARACTERS).label("body"),
            MessageRow.created_at,
        )
        .join(UserRow, UserRow.id == MessageRow.author_id)
        .where(MessageRow.room_id == RoomRow.id)
        .order_by(MessageRow.id.desc())
        .limit(1)
        .correlate(RoomRow)
        .lateral("last_message")
    )


def _unread(who: Principal) -> ColumnElement[int]:
    # The limit bounds the work: nobody needs to know whether it is 1,200 or 1,300.
    some = (
        select(MessageRow.id)
        .where(
            MessageRow.room_id == RoomRow.id,
            MessageRow.id > MembershipRow.last_read_message_id,
            MessageRow.author_id != who.own_id,
            MessageRow.deleted_at.is_(None),
        )
        .limit(UNREAD_MAX)
        .correlate(RoomRow, MembershipRow)
        .subquery()
    )
    return select(func.count()).select_from(some).scalar_subquery()
