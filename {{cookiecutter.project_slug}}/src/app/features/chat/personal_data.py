"""What chat holds of a person: where they belong, and what they said."""

from pydantic import JsonValue
from sqlalchemy import case
from sqlalchemy import delete
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import UnitOfWork
from app.principal import UserId

from .events import RoleChanged
from .joining import part
from .rooms import next_version
from .standing import Standing
from .tables import MembershipRow
from .tables import MessageRow
from .tables import RoomRow
from .topics import room_topic

MESSAGES_MOST = 50_000


async def exported(session: AsyncSession, user_id: UserId) -> JsonValue:
    """Returns a person's rooms and messages, the newest first and fifty thousand at most."""
    rooms = await session.execute(
        select(RoomRow.name, MembershipRow.role, MembershipRow.joined_at)
        .join(RoomRow, RoomRow.id == MembershipRow.room_id)
        .where(MembershipRow.user_id == user_id)
    )
    said = await session.execute(
        select(RoomRow.name, MessageRow.created_at, MessageRow.body)
        .join(RoomRow, RoomRow.id == MessageRow.room_id)
        .where(MessageRow.author_id == user_id, MessageRow.deleted_at.is_(None))
        .order_by(MessageRow.id.desc())
        .limit(MESSAGES_MOST)
    )
    return {
        "rooms": [
            {"room": row.name, "role": row.role, "joined_at": row.joined_at.isoformat()}
            for row in rooms
        ],
        "messages": [
            {"room": row.name, "at": row.created_at.isoformat(), "body": row.body} for row in said
        ],
    }


async def erase(work: UnitOfWork, user_id: UserId) -> None:
    """Takes a person out of their rooms; what they said stays, under the name of a row without one.

    A room that they owned alone gets another owner: the moderator, or else the member, who has been
    in it for the longest. A room with nobody else in it goes.
    """
    theirs = select(MembershipRow.room_id).where(MembershipRow.user_id == user_id)
    rooms = await work.session.scalars(
        select(RoomRow).where(RoomRow.id.in_(theirs)).order_by(RoomRow.id).with_for_update()
    )
    for room in rooms.all():
        await _leave(work, room, user_id)


async def _leave(work: UnitOfWork, room: RoomRow, user_id: UserId) -> None:
    rank = case((MembershipRow.role == "owner", 0), (MembershipRow.role == "moderator", 1), else_=2)
    others = (
        select(MembershipRow)
        .where(MembershipRow.room_id == room.id, MembershipRow.user_id != user_id)
        .order_by(rank, MembershipRow.joined_at, MembershipRow.user_id)
        .limit(1)
    )
    heir = (await work.session.scalars(others)).one_or_none()
    if heir is None:
        await work.session.execute(delete(RoomRow).where(RoomRow.id == room.id))
        return
    if heir.role != "owner":
        await work.session.execute(
            update(MembershipRow)
            .where(MembershipRow.room_id == room.id, MembershipRow.user_id == heir.user_id)
            .values(role="owner")
        )
        version = await next_version(work, room)
        event = RoleChanged(version=version, user_id=heir.user_id, role="owner")
        work.announce(room_topic(room.id), event.encoded())
    await part(work, Standing(room, "member"), user_id)
