"""Groups and tags: what an owner sorts devices by."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.database import UnitOfWork
from app.errors import Conflict
from app.errors import NotFound
from app.features.devices.standing import lock_own
from app.features.devices.tables import DeviceRow
from app.principal import Principal

from .schemas import GROUPS_MAX
from .schemas import Group
from .tables import GroupedRow
from .tables import GroupRow

NO_GROUP = "there is no such group"
NAME_TAKEN = "another group has this name"
TOO_MANY = f"{GROUPS_MAX} groups are the most"


async def list_groups(who: Principal, database: Database) -> list[Group]:
    """Returns the caller's groups by name."""
    async with database.reading() as session:
        return await _groups(who, session)


async def find_group(who: Principal, database: Database, group_id: UUID) -> Group:
    """Returns one of the caller's groups.

    Raises:
        NotFound: the caller has no such group.
    """
    async with database.reading() as session:
        found = await _groups(who, session, group_id=group_id)
    if not found:
        raise NotFound(NO_GROUP)
    return found[0]


async def create(who: Principal, database: Database, *, name: str) -> Group:
    """Makes an empty group.

    Raises:
        Conflict: another one has the name, or there are too many.
    """
    async with database.transaction() as work:
        mine = select(func.count()).where(GroupRow.owner_id == who.own_id)
        if (await work.session.scalar(mine) or 0) >= GROUPS_MAX:
            raise Conflict(TOO_MANY)
        added = insert(GroupRow).values(owner_id=who.own_id, name=name).on_conflict_do_nothing()
        group_id = await work.session.scalar(added.returning(GroupRow.id))
        if group_id is None:
            raise Conflict(NAME_TAKEN)
        return Group(id=group_id, name=name, device_count=0)


async def rename(who: Principal, database: Database, *, group_id: UUID, name: str) -> Group:
    """Gives a group another name.

    Raises:
        NotFound: the caller has no such group.
        Conflict: another one has the name.
    """
    async with database.transaction() as work:
        await lock_group(who, work, group_id)
        renamed = update(GroupRow).where(GroupRow.id == group_id).values(name=name)
        try:
            await work.session.execute(renamed)
        except IntegrityError:  # of two who take a name at once, too
            raise Conflict(NAME_TAKEN) from None
        [group] = await _groups(who, work.session, group_id=group_id)
        return group


async def remove(who: Principal, database: Database, *, group_id: UUID) -> None:
    """Removes a group; its devices stay.

    Raises:
        NotFound: the caller has no such group.
    """
    async with database.transaction() as work:
        await lock_group(who, work, group_id)
        await work.session.execute(delete(GroupRow).where(GroupRow.id == group_id))


async def set_tags(
    who: Principal, database: Database, *, device_id: UUID, tags: list[str]
) -> list[str]:
    """Replaces the tags of a device.

    Raises:
        NotFound: the caller has no such device.
    """
    async with database.transaction() as work:
        await lock_own(who, work, device_id)
        await work.session.execute(
            update(DeviceRow)
            .where(DeviceRow.id == device_id, DeviceRow.owner_id == who.own_id)
            .values(tags=tags, version=DeviceRow.version + 1)
        )
        return tags


async def lock_group(who: Principal, work: UnitOfWork, group_id: UUID) -> None:
    """Keeps others from changing a group until the end of the transaction.

    Raises:
        NotFound: the caller has no such group.
    """
    mine = select(GroupRow.id).where(GroupRow.id == group_id, GroupRow.owner_id == who.own_id)
    if await work.session.scalar(mine.with_for_update()) is None:
        raise NotFound(NO_GROUP)


async def _groups(
    who: Principal, session: AsyncSession, *, group_id: UUID | None = None
) -> list[Group]:
    counted = (
        select(func.count()).where(GroupedRow.group_id == GroupRow.id).scalar_subquery()
    ).label("device_count")
    asked = select(GroupRow.id, GroupRow.name, counted).where(GroupRow.owner_id == who.own_id)
    if group_id is not None:
        asked = asked.where(GroupRow.id == group_id)
    found = await session.execute(asked.order_by(GroupRow.name, GroupRow.id).limit(GROUPS_MAX))
    return [Group.model_validate(row._asdict()) for row in found]
