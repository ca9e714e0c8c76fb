"""Whose a device is, for everything around it: somebody else's is not there."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import UnitOfWork
from app.errors import Forbidden
from app.errors import NotFound
from app.principal import Principal

from .tables import DeviceRow

NO_DEVICE = "there is no such device"
DEVICES_ONLY = "only a device may do this, with its own token"


async def require_own(who: Principal, session: AsyncSession, device_id: UUID) -> None:
    """Refuses whoever does not own a device.

    Raises:
        NotFound: the caller has no such device.
    """
    mine = select(DeviceRow.id).where(DeviceRow.id == device_id, DeviceRow.owner_id == who.own_id)
    if await session.scalar(mine) is None:
        raise NotFound(NO_DEVICE)


async def lock_own(who: Principal, work: UnitOfWork, device_id: UUID) -> None:
    """Keeps others from changing what is around a device until the end of the transaction.

    Raises:
        NotFound: the caller has no such device.
    """
    mine = select(DeviceRow.id).where(DeviceRow.id == device_id, DeviceRow.owner_id == who.own_id)
    if await work.session.scalar(mine.with_for_update(key_share=True)) is None:
        raise NotFound(NO_DEVICE)


def own_device(who: Principal) -> UUID:
    """Returns the device that is calling.

    Raises:
        Forbidden: somebody or something else is.
    """
    if who.kind != "machine" or who.machine_id is None:
        raise Forbidden(DEVICES_ONLY)
    return who.machine_id
