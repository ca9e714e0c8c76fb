"""What somebody has read."""

from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update

from app.database import Database
from app.database import UnitOfWork
from app.principal import Principal

from .events import RoomRead
from .standing import own_role
from .tables import MembershipRow
from .tables import MessageRow
from .topics import inbox_topic


async def mark_read(who: Principal, database: Database, *, room_id: UUID, message_id: int) -> None:
    """Remembers that ``who`` has seen everything up to a message; the mark never goes back.

    An id above the newest message counts as the newest, so that later ones stay unread.

    Raises:
        NotFound, Forbidden: ``who`` is not a member of the room.
    """
    newest = select(func.coalesce(func.max(MessageRow.id), 0)).where(MessageRow.room_id == room_id)
    async with database.transaction() as work:
        await own_role(who, work.session, room_id=room_id)
        seen = func.least(message_id, newest.scalar_subquery())
        mark = await mark_seen(who, work, room_id=room_id, message_id=seen)
        if mark is not None:
            read = RoomRead(version=mark, room_id=room_id, last_read_message_id=mark)
            work.announce(inbox_topic(who.own_id), read.encoded())


async def mark_seen(
    who: Principal, work: UnitOfWork, *, room_id: UUID, message_id: int | ColumnElement[int]
) -> int | None:
    """Moves the mark of a member forward and returns it, None when it was there already."""
    moved = (
        update(MembershipRow)
        .where(
            MembershipRow.room_id == room_id,
            MembershipRow.user_id == who.own_id,
            MembershipRow.last_read_message_id < message_id,
        )
        .values(last_read_message_id=message_id)
        .returning(MembershipRow.last_read_message_id)
    )
    return await work.session.scalar(moved)
