"""What devices call over their sockets."""

from collections.abc import Awaitable
from collections.abc import Callable

import msgspec
from sqlalchemy import select

from app.database import Database
from app.errors import Forbidden
from app.features.devices.tables import ProgressRow
from app.principal import MachineId
from app.principal import Principal

from .batches import Acknowledged
from .batches import Batch
from .ingest import Ingest


class Last(msgspec.Struct, frozen=True):
    """The number of a device's last stored reading, 0 before the first."""

    last: int


def put(ingest: Ingest) -> Callable[[Principal, Batch], Awaitable[Acknowledged]]:
    """Returns the method ``readings.put``."""

    async def put_readings(who: Principal, data: Batch) -> Acknowledged:
        return await ingest.put(device_of(who), data)

    return put_readings


def last(database: Database) -> Callable[[Principal, None], Awaitable[Last]]:
    """Returns the method ``readings.last``."""

    async def last_reading(who: Principal, data: None) -> Last:
        asked = select(ProgressRow.last_number).where(ProgressRow.device_id == device_of(who))
        async with database.reading() as session:
            number = await session.scalar(asked)
        if number is None:
            raise Forbidden("this device was removed")
        return Last(number)

    return last_reading


def device_of(who: Principal) -> MachineId:
    """Returns the id of the device that calls.

    Raises:
        Forbidden: it is none; people read and write elsewhere.
    """
    if who.machine_id is None:
        raise Forbidden("this is for devices")
    return who.machine_id
