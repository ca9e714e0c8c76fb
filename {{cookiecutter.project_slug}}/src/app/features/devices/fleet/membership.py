"""Which devices are in which groups: moved in and out, many at a time, and all of one device."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Delete
from sqlalchemy import Select
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import literal
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.database import UnitOfWork
from app.errors import NotFound
from app.features.devices import finding
from app.features.devices.schemas import DevicesFilter
from app.features.devices.standing import NO_DEVICE
from app.features.devices.tables import DeviceRow
from app.principal import Principal

from .groups import NO_GROUP
from .groups import lock_group
from .tables import GroupedRow
from .tables import GroupRow


async def put_in(
    who: Principal, database: Database, *, group_id: UUID, device_ids: Collection[UUID]
) -> None:
    """Puts devices into a group; twice changes nothing.

    Raises:
        NotFound: the caller has no such group, or lacks one of the devices: then none is put in.
    """
    async with database.transaction() as work:
        await lock_group(who, work, group_id)
        await _require_own(who, work.session, device_ids)
        rows = [{"group_id": group_id, "device_id": one} for one in sorted(set(device_ids))]
        await work.session.execute(insert(GroupedRow).values(rows).on_conflict_do_nothing())


async def take_out(
    who: Principal, database: Database, *, group_id: UUID, device_ids: Collection[UUID]
) -> None:
    """Takes devices out of a group; twice changes nothing.

    Raises:
        NotFound: the caller has no such group, or lacks one of the devices.
    """
    async with database.transaction() as work:
        await lock_group(who, work, group_id)
        await _require_own(who, work.session, device_ids)
        await work.session.execute(_taken_out(group_id, device_ids))


async def put_in_all(
    who: Principal, database: Database, *, group_id: UUID, like: DevicesFilter
) -> None:
    """Puts all devices into a group that are like that at this moment, in one statement.

    Raises:
        NotFound: the caller has no such group.
    """
    async with database.transaction() as work:
        await lock_group(who, work, group_id)
        found = finding.matching(who, like).order_by(DeviceRow.id).subquery()
        rows = select(literal(group_id), found.c.id)
        added = insert(GroupedRow).from_select(["group_id", "device_id"], rows)
        await work.session.execute(added.on_conflict_do_nothing())


async def take_out_all(
    who: Principal, database: Database, *, group_id: UUID, like: DevicesFilter
) -> None:
    """Takes all devices out of a group that are like that at this moment, in one statement.

    Raises:
        NotFound: the caller has no such group.
    """
    async with database.transaction() as work:
        await lock_group(who, work, group_id)
        await work.session.execute(_taken_out(group_id, finding.matching(who, like)))


async def groups_of(who: Principal, session: AsyncSession, device_id: UUID) -> set[UUID]:
    """Returns the groups that a device of the caller's is in."""
    mine = (
        select(GroupedRow.group_id)
        .join(GroupRow, GroupRow.id == GroupedRow.group_id)
        .where(GroupedRow.device_id == device_id, GroupRow.owner_id == who.own_id)
    )
    return set(await session.scalars(mine))


async def keep_in(
    who: Principal, work: UnitOfWork, device_id: UUID, group_ids: Collection[UUID]
) -> None:
    """Has a device be in these groups and in no others; the caller has locked the device.

    Raises:
        NotFound: the caller has no such group.
    """
    mine = select(GroupRow.id).where(GroupRow.owner_id == who.own_id, GroupRow.id.in_(group_ids))
    # Held until the end, so that none of them goes between this look and the rows that name it.
    found = await work.session.scalars(mine.order_by(GroupRow.id).with_for_update(key_share=True))
    if set(found) != set(group_ids):
        raise NotFound(NO_GROUP)
    await work.session.execute(
        delete(GroupedRow).where(
            GroupedRow.device_id == device_id, GroupedRow.group_id.not_in(group_ids)
        )
    )
    rows = [{"group_id": one, "device_id": device_id} for one in sorted(set(group_ids))]
    if rows:
        await work.session.execute(insert(GroupedRow).values(rows).on_conflict_do_nothing())


def _taken_out(group_id: UUID, ids: Collection[UUID] | Select[UUID]) -> Delete:
    return delete(GroupedRow).where(GroupedRow.group_id == group_id, GroupedRow.device_id.in_(ids))


async def _require_own(who: Principal, session: AsyncSession, device_ids: Collection[UUID]) -> None:
    mine = select(func.count()).where(
        DeviceRow.owner_id == who.own_id, DeviceRow.id.in_(device_ids)
    )
    if await session.scalar(mine) != len(set(device_ids)):
        raise NotFound(NO_DEVICE)
