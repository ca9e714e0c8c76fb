"""Rooms: listing, opening, renaming and deleting them."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy import select

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import Forbidden
from app.errors import Stale
from app.principal import Principal
from app.principal import UserId

from . import policy
from .events import RoomDeleted
from .events import RoomEntered
from .events import RoomLeft
from .events import RoomRenamed
from .listing import count_rooms
from .listing import my_rooms
from .listing import open_rooms
from .schemas import OPEN_ROOMS_MAX
from .schemas import PERSON_MAX_ROOMS
from .schemas import Room
from .schemas import RoomList
from .standing import lock_room
from .standing import shape
from .standing import visible_room
from .tables import MembershipRow
from .tables import RoomRow
from .topics import inbox_topic
from .topics import room_topic

OWNERS_ONLY = "only an owner of the room may do this"
TOO_MANY_ROOMS = f"one can be in at most {PERSON_MAX_ROOMS} rooms"


async def list_rooms(who: Principal, database: Database) -> RoomList:
    """Returns the rooms of ``who`` with their unread counts, and those they might join."""
    async with database.reading() as session:
        return RoomList(
            mine=await my_rooms(who, session),
            open=await open_rooms(who, session, limit=OPEN_ROOMS_MAX),
        )


async def find_room(who: Principal, database: Database, *, room_id: UUID) -> Room:
    """Returns a room that ``who`` belongs to or might join.

    Raises:
        NotFound: there is none, or it is private and not theirs.
    """
    async with database.reading() as session:
        return await visible_room(who, session, room_id=room_id)


async def create_room(who: Principal, database: Database, *, name: str, is_private: bool) -> Room:
    """Opens a room that ``who`` owns.

    Raises:
        Conflict: they are in too many rooms already.
    """
    async with database.transaction() as work:
        await require_place_for_one_more(who, work)
        row = RoomRow(name=name, is_private=is_private, version=1)
        work.session.add(row)
        await work.session.flush()
        work.session.add(MembershipRow(room_id=row.id, user_id=who.own_id, role="owner"))
        await work.session.flush()
        await announce_entered(who, work, row)
        return shape(row, "owner", 1)


async def rename_room(
    who: Principal,
    database: Database,
    *,
    room_id: UUID,
    name: str,
    expected_version: int | None = None,
) -> Room:
    """Gives the room another name, if it still is in the version that ``who`` has seen.

    Raises:
        NotFound, Forbidden: ``who`` does not own the room.
        Stale: it is in another version.
    """
    async with database.transaction() as work:
        standing = await lock_room(who, work, room_id=room_id)
        _require_owner(standing.role)
        if expected_version not in {None, standing.room.version}:
            raise Stale(f"the room is in version {standing.room.version}")
        standing.room.name = name
        version = await next_version(work, standing.room)
        renamed = RoomRenamed(version=version, name=name)
        work.announce(room_topic(room_id), renamed.encoded())
        return await visible_room(who, work.session, room_id=room_id)


async def delete_room(who: Principal, database: Database, *, room_id: UUID) -> None:
    """Deletes the room and all that was written in it.

    Its live subscriptions stay until their clients leave: nothing is published there any more, and
    no new subscription is let in.

    Raises:
        NotFound, Forbidden: ``who`` does not own the room.
    """
    async with database.transaction() as work:
        standing = await lock_room(who, work, room_id=room_id)
        _require_owner(standing.role)
        version = standing.room.version + 1
        members = select(MembershipRow.user_id).where(MembershipRow.room_id == room_id)
        for user_id in await work.session.scalars(members):
            left = RoomLeft(version=version, room_id=room_id)
            work.announce(inbox_topic(UserId(user_id)), left.encoded())
        await work.session.execute(delete(RoomRow).where(RoomRow.id == room_id))
        work.announce(room_topic(room_id), RoomDeleted(version=version).encoded())


async def next_version(work: UnitOfWork, room: RoomRow) -> int:
    """Stores a locked room with the next version and returns that."""
    room.version += 1
    await work.session.flush()
    return room.version


async def require_place_for_one_more(who: Principal, work: UnitOfWork) -> None:
    """Refuses people who are in too many rooms; two joins at once may overshoot by one.

    Raises:
        Conflict: they are.
    """
    if await count_rooms(who, work.session) >= PERSON_MAX_ROOMS:
        raise Conflict(TOO_MANY_ROOMS)


async def announce_entered(who: Principal, work: UnitOfWork, room: RoomRow) -> None:
    """Tells the inbox of ``who`` that they belong to the room from now on."""
    (summary,) = await my_rooms(who, work.session, room_id=room.id)
    entered = RoomEntered(version=room.version, room=summary)
    work.announce(inbox_topic(who.own_id), entered.encoded())


def _require_owner(role: policy.Role) -> None:
    if not policy.may_govern(role):
        raise Forbidden(OWNERS_ONLY)
