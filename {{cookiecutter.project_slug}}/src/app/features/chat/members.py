"""The people of a room: who they are, inviting, roles, removing."""

from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import tuple_
from sqlalchemy import update

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import Forbidden
from app.errors import NotFound
from app.identity.tables import UserRow
from app.principal import Principal
from app.principal import UserId
from app.web.paging import Page
from app.web.paging import cut
from app.web.paging import decode_moment_and_id

from . import policy
from .events import RoleChanged
from .joining import EndSubscription
from .joining import enter
from .joining import part
from .joining import require_another_owner
from .policy import Role
from .rooms import next_version
from .rooms import require_place_for_one_more
from .schemas import ROOM_MAX_MEMBERS
from .schemas import Member
from .schemas import Person
from .standing import lock_room
from .standing import own_role
from .standing import required_role_of
from .standing import role_of
from .tables import MembershipRow
from .topics import room_topic

NOBODY_WITH_THAT_ADDRESS = "nobody has signed up with this e-mail address"


async def list_members(who: Principal, database: Database, *, room_id: UUID) -> list[Member]:
    """Returns everybody in the room, in the order in which they came.

    Raises:
        NotFound, Forbidden: ``who`` is not one of them.
    """
    page = await page_of_members(who, database, room_id=room_id, count=ROOM_MAX_MEMBERS)
    return page.items


async def page_of_members(
    who: Principal, database: Database, *, room_id: UUID, cursor: str = "", count: int
) -> Page[Member]:
    """Returns those who came into the room after a place in the list, the first of them.

    Raises:
        Invalid: this is no cursor of this list.
        NotFound, Forbidden: ``who`` is not one of them.
    """
    asked = (
        select(UserRow.id, UserRow.name, MembershipRow.role, MembershipRow.joined_at)
        .join(MembershipRow, MembershipRow.user_id == UserRow.id)
        .where(MembershipRow.room_id == room_id)
        .order_by(MembershipRow.joined_at, UserRow.id)
        .limit(count + 1)
    )
    if cursor:
        place = tuple_(MembershipRow.joined_at, UserRow.id)
        asked = asked.where(place > tuple_(*decode_moment_and_id(cursor)))
    async with database.reading() as session:
        await own_role(who, session, room_id=room_id)
        found = (await session.execute(asked)).all()
    return cut(
        found,
        count,
        key=lambda row: (row.joined_at.isoformat(), str(row.id)),
        shape=lambda row: Member(user=Person(id=row.id, name=row.name), role=row.role),
    )


async def invite(who: Principal, database: Database, *, room_id: UUID, email: str) -> Member:
    """Brings the person with an e-mail address into the room.

    That an address is unknown is told to the inviter, who could find out by signing up with it too.

    Raises:
        NotFound: there is no such room for ``who``, or nobody has that address.
        Forbidden: ``who`` may not invite.
        Conflict: they are in the room already, the room is full, or they are in too many.
    """
    async with database.transaction() as work:
        standing = await lock_room(who, work, room_id=room_id)
        if not policy.may_invite(standing.role):
            raise Forbidden("only owners and moderators may invite")
        guest = await _find_person(work, email)
        if await role_of(work.session, room_id, guest.own_id):
            raise Conflict(f"{guest.name} is in the room already")
        await require_place_for_one_more(guest, work)
        return await enter(guest, work, standing.room)


async def change_role(
    who: Principal, database: Database, *, room_id: UUID, user_id: UserId, role: Role
) -> None:
    """Gives a member another role.

    Raises:
        NotFound: there is no such room for ``who``, or no such member.
        Forbidden: ``who`` does not own the room.
        Conflict: it would leave the room without an owner.
    """
    async with database.transaction() as work:
        standing = await lock_room(who, work, room_id=room_id)
        if not policy.may_govern(standing.role):
            raise Forbidden("only owners give out roles")
        before = await required_role_of(work.session, room_id, user_id)
        if role == before:
            return
        await require_another_owner(work, room_id, user_id=user_id, role=before)
        changed = (
            update(MembershipRow)
            .where(MembershipRow.room_id == room_id, MembershipRow.user_id == user_id)
            .values(role=role)
        )
        await work.session.execute(changed)
        version = await next_version(work, standing.room)
        event = RoleChanged(version=version, user_id=user_id, role=role)
        work.announce(room_topic(room_id), event.encoded())


async def remove_member(
    who: Principal,
    database: Database,
    *,
    room_id: UUID,
    user_id: UserId,
    end_subscription: EndSubscription,
) -> None:
    """Puts somebody out of the room and ends their live subscriptions.

    Raises:
        NotFound: there is no such room for ``who``, or no such member.
        Forbidden: ``who`` does not rank above them.
    """
    async with database.transaction() as work:
        standing = await lock_room(who, work, room_id=room_id)
        other = await required_role_of(work.session, room_id, user_id)
        if not policy.may_remove(standing.role, other=other):
            raise Forbidden("one removes only members of a lower rank than one's own")
        await part(work, standing, user_id)
    await end_subscription(room_topic(room_id), user=user_id)


async def _find_person(work: UnitOfWork, email: str) -> Principal:
    asked = select(UserRow.id, UserRow.name).where(
        func.lower(UserRow.email) == func.lower(email), UserRow.disabled_at.is_(None)
    )
    row = (await work.session.execute(asked)).one_or_none()
    if row is None:
        raise NotFound(NOBODY_WITH_THAT_ADDRESS)
    return Principal(kind="user", user_id=UserId(row.id), name=row.name)
