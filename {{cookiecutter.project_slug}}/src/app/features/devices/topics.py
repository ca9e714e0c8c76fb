"""The topics of devices, and who may listen to them.

``devices:<device id>`` carries what a device measures, to its owner alone.
"""

from uuid import UUID

from sqlalchemy import select

from app.database import Database
from app.principal import Principal
from app.realtime.topics import Action
from app.realtime.topics import Latest
from app.realtime.topics import Offers
from app.realtime.topics import TopicNamespace

from .settings import DevicesSettings
from .tables import DeviceRow

LIVE_MAX_BYTES = 32 * 1024


def readings_topic(device_id: UUID) -> str:
    """Returns the topic of a device's readings."""
    return f"devices:{device_id}"


def readings_namespace(
    database: Database, settings: DevicesSettings, *, offers: Offers
) -> TopicNamespace:
    """Returns what holds for the topics of readings: nobody but the owner hears them."""

    async def authorise(who: Principal, key: str, action: Action) -> bool:
        device_id = device_id_in(key)
        if device_id is None or not who.is_signed_in or action == "publish":
            return False
        return await owns(who, database, device_id=device_id)

    return TopicNamespace(
        "devices",
        kind=Latest(seconds=settings.latest_seconds),
        authorise=authorise,
        data_max_bytes=LIVE_MAX_BYTES,
        scope="devices:read",
        offers=offers,
    )


async def owns(who: Principal, database: Database, *, device_id: UUID) -> bool:
    """Tells whether a person owns a device.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    mine = select(DeviceRow.id).where(DeviceRow.id == device_id, DeviceRow.owner_id == who.own_id)
    async with database.reading() as session:
        return await session.scalar(mine) is not None


def device_id_in(key: str) -> UUID | None:
    """Returns the id that is the key of a topic; None for any other spelling of it."""
    try:
        found = UUID(key)
    except ValueError:
        return None
    return found if str(found) == key else None
