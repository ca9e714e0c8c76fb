"""Coming into a room and going: what joining, inviting, leaving and removing have in common."""

from collections.abc import Awaitable
from typing import Protocol
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.principal import Principal
from app.principal import UserId

from . import policy
from .events import MemberJoined
from .events import MemberLeft
from .events import RoomLeft
from .policy import Role
from .rooms import announce_entered
from .rooms import next_version
from .rooms import require_place_for_one_more
from .schemas import ROOM_MAX_MEMBERS
from .schemas import Member
from .schemas import Person
from .schemas import Room
from .standing import Standing
from .standing import lock_room
from .standing import lock_visible_room
from .standing import visible_room
from .tables import MembershipRow
from .tables import MessageRow
from .tables import RoomRow
from .topics import inbox_topic
from .topics import room_topic

LAST_OWNER = "a room needs an owner: make somebody else one first, or delete the room"


class EndSubscription(Protocol):
    """Ends somebody's live subscriptions to a topic, in every process."""

    def __call__(self, topic: str, *, user: UserId) -> Awaitable[None]:
        """Returns once the end is on its way."""
        ...


async def join_room(who: Principal, database: Database, *, room_id: UUID) -> Room:
    """Makes ``who`` a member of a public room; a member already stays what they are.

    Raises:
        NotFound: there is no such room, or it is private.
        Conflict: the room is full, or ``who`` is in too many.
    """
    async with database.transaction() as work:
        room, role = await lock_visible_room(who, work, room_id=room_id)
        if role is None:
            await require_place_for_one_more(who, work)
            await enter(who, work, room)
        return await visible_room(who, work.session, room_id=room_id)


async def leave_room(
    who: Principal, database: Database, *, room_id: UUID, end_subscription: EndSubscription
) -> None:
    """Ends the membership of ``who`` and their live subscriptions.

    Raises:
        NotFound, Forbidden: ``who`` is not a member.
        Conflict: it would leave the room without an owner.
    """
    async with database.transaction() as work:
        standing = await lock_room(who, work, room_id=room_id)
        await require_another_owner(work, room_id, user_id=who.own_id, role=standing.role)
        await part(work, standing, who.own_id)
    await end_subscription(room_topic(room_id), user=who.own_id)


async def enter(who: Principal, work: UnitOfWork, room: RoomRow) -> Member:
    """Makes ``who`` a member of a locked room and announces it.

    Raises:
        Conflict: the room is full.
    """
    counted = select(func.count()).where(MembershipRow.room_id == room.id)
    if (await work.session.scalar(counted) or 0) >= ROOM_MAX_MEMBERS:
        raise Conflict(f"a room holds at most {ROOM_MAX_MEMBERS} people")
    newest = select(func.coalesce(func.max(MessageRow.id), 0)).where(MessageRow.room_id == room.id)
    seen = await work.session.scalar(newest) or 0  # what was said before they came is not unread
    work.session.add(
        MembershipRow(room_id=room.id, user_id=who.own_id, role="member", last_read_message_id=seen)
    )
    version = await next_version(work, room)
    member = Member(user=Person(id=who.own_id, name=who.name), role="member")
    joined = MemberJoined(version=version, member=member)
    work.announce(room_topic(room.id), joined.encoded())
    await announce_entered(who, work, room)
    return member


async def part(work: UnitOfWork, standing: Standing, user_id: UserId) -> None:
    """Ends a membership of a locked room and announces it."""
    room_id = standing.room.id
    await work.session.execute(
        delete(MembershipRow).where(
            MembershipRow.room_id == room_id, MembershipRow.user_id == user_id
        )
    )
    version = await next_version(work, standing.room)
    left = MemberLeft(version=version, user_id=user_id)
    work.announce(room_topic(room_id), left.encoded())
    gone = RoomLeft(version=version, room_id=room_id)
    work.announce(inbox_topic(user_id), gone.encoded())


async def require_another_owner(
    work: UnitOfWork, room_id: UUID, *, user_id: UserId, role: Role
) -> None:
    """Refuses to take the role from the last owner.

    Raises:
        Conflict: nobody else owns the room.
    """
    counted = select(func.count()).where(
        MembershipRow.room_id == room_id,
        MembershipRow.role == "owner",
        MembershipRow.user_id != user_id,
    )
    if policy.leaves_no_owner(role, other_owners=await work.session.scalar(counted) or 0):
        raise Conflict(LAST_OWNER)
