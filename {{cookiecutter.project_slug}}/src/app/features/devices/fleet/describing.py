"""What an owner says of a device, changed at once: its name, its metrics, its tags, its groups."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy import update

from app.database import Database
from app.errors import NotFound
from app.errors import Stale
from app.features.devices.standing import NO_DEVICE
from app.features.devices.tables import DeviceRow
from app.principal import Principal

from .membership import keep_in
from .schemas import Description

CHANGED_SINCE = "somebody has changed the device since"


async def describe(
    who: Principal,
    database: Database,
    *,
    device_id: UUID,
    description: Description,
    expected_version: int,
) -> None:
    """Replaces all that an owner says of a device, or nothing of it.

    Raises:
        NotFound: the caller has no such device, or no such group.
        Stale: it is not of the version that the caller has seen.
    """
    mine = select(DeviceRow.version).where(
        DeviceRow.id == device_id, DeviceRow.owner_id == who.own_id
    )
    async with database.transaction() as work:
        version = await work.session.scalar(mine.with_for_update(key_share=True))
        if version is None:
            raise NotFound(NO_DEVICE)
        if version != expected_version:
            raise Stale(CHANGED_SINCE)
        await work.session.execute(
            update(DeviceRow)
            .where(DeviceRow.id == device_id, DeviceRow.owner_id == who.own_id)
            .values(
                name=description.name,
                metrics=list(description.metrics),
                tags=list(description.tags),
                version=version + 1,
            )
        )
        await keep_in(who, work, device_id, description.groups)
