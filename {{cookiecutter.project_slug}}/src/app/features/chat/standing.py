"""Where somebody stands in a room: the look-up before every action on one.

A private room does not exist for strangers: they get ``NotFound``, just as for an id that was
never given out. A public room exists for everybody who is signed in, and is read by members only.
"""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy import Select
from sqlalchemy import and_
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import UnitOfWork
from app.errors import Forbidden
from app.errors import NotFound
from app.principal import Principal
from app.principal import UserId

from .policy import Role
from .schemas import Room
from .tables import MembershipRow
from .tables import RoomRow

NO_ROOM = "there is no such room"
NO_MEMBER = "there is no such member in the room"
JOIN_FIRST = "join the room first"


@dataclass(frozen=True, slots=True)
class Standing:
    """A room and the role of the caller in it."""

    room: RoomRow
    role: Role


async def is_member(who: Principal, session: AsyncSession, *, room_id: UUID) -> bool:
    """Tells whether ``who`` belongs to the room."""
    found = select(MembershipRow.role).where(
        MembershipRow.room_id == room_id, MembershipRow.user_id == who.own_id
    )
    return (await session.scalar(found)) is not None


async def visible_room(who: Principal, session: AsyncSession, *, room_id: UUID) -> Room:
    """Returns a room that ``who`` belongs to or might join.

    Raises:
        NotFound: there is none, or it is private and not theirs.
    """
    row, role = _found((await session.execute(_visible(who, room_id))).one_or_none())
    members = select(func.count()).where(MembershipRow.room_id == room_id)
    return shape(row, role, await session.scalar(members) or 0)


async def own_role(who: Principal, session: AsyncSession, *, room_id: UUID) -> Role:
    """Returns the role of a member, for reading.

    Raises:
        NotFound: there is no such room for ``who``.
        Forbidden: the room is public and ``who`` has not joined it.
    """
    _, role = _found((await session.execute(_visible(who, room_id))).one_or_none())
    return _required(role)


async def lock_room(who: Principal, work: UnitOfWork, *, room_id: UUID) -> Standing:
    """Returns the standing of a member and makes other writers of the room wait for this one.

    Raises:
        NotFound: there is no such room for ``who``.
        Forbidden: the room is public and ``who`` has not joined it.
    """
    row, role = await lock_visible_room(who, work, room_id=room_id)
    return Standing(row, _required(role))


async def lock_visible_room(
    who: Principal, work: UnitOfWork, *, room_id: UUID
) -> tuple[RoomRow, Role | None]:
    """Returns a room and the caller's role, None for no member, and locks it as ``lock_room``.

    Raises:
        NotFound: there is no such room for ``who``.
    """
    # First the lock, then the look-up: a role read while waiting for the lock would be the old one.
    lock = select(RoomRow.id).where(RoomRow.id == room_id).with_for_update(key_share=True)
    await work.session.execute(lock)
    return _found((await work.session.execute(_visible(who, room_id))).one_or_none())


async def role_of(session: AsyncSession, room_id: UUID, user_id: UserId) -> Role | None:
    """Returns somebody's role in a room, None when they have none."""
    asked = select(MembershipRow.role).where(
        MembershipRow.room_id == room_id, MembershipRow.user_id == user_id
    )
    # The table's check constraint holds the values.
    return cast("Role | None", await session.scalar(asked))


async def required_role_of(session: AsyncSession, room_id: UUID, user_id: UserId) -> Role:
    """Returns the role of a member.

    Raises:
        NotFound: they are none.
    """
    role = await role_of(session, room_id, user_id)
    if role is None:
        raise NotFound(NO_MEMBER)
    return role


def shape(row: RoomRow, role: Role | None, member_count: int) -> Room:
    """Returns a room as somebody with ``role`` sees it."""
    return Room(
        id=row.id,
        name=row.name,
        is_private=row.is_private,
        role=role,
        version=row.version,
        member_count=member_count,
    )


def _visible(who: Principal, room_id: UUID) -> Select[RoomRow, str]:
    mine = and_(MembershipRow.room_id == RoomRow.id, MembershipRow.user_id == who.own_id)
    return (
        select(RoomRow, MembershipRow.role)
        .outerjoin(MembershipRow, mine)
        .where(
            RoomRow.id == room_id,
            or_(RoomRow.is_private.is_(False), MembershipRow.user_id.is_not(None)),
        )
    )


def _found(row: Row[RoomRow, str] | None) -> tuple[RoomRow, Role | None]:
    if row is None:
        raise NotFound(NO_ROOM)
    return row[0], cast("Role | None", row[1])  # the table's check constraint holds the values


def _required(role: Role | None) -> Role:
    if role is None:
        raise Forbidden(JOIN_FIRST)
    return role
