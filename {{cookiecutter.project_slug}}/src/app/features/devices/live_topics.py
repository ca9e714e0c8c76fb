"""What happens with a device, told to its owner and to the device itself.

``device:<id>`` tells its owner what became of its commands and of its shadow. ``orders:<id>`` is
what the device listens to: that a command waits, that something else is desired. Whoever listens
with presence is counted there, so an owner sees on it whether the device is connected.
"""

from uuid import UUID

from app.database import Database
from app.principal import Principal
from app.realtime.topics import Action
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window

from .tokens import DEVICE_SCOPE
from .topics import device_id_in
from .topics import owns

WINDOW = Window(messages=200, seconds=600)
EVENT_MAX_BYTES = 32 * 1024
# A device that comes back this soon was never away: nobody is told that it flaps. The first try of
# a client whose socket was cut falls within ``REALTIME_RETRY_WINDOW_SECONDS``, 5 unless set.
LINGER_SECONDS = 6.0


def happenings_topic(device_id: UUID) -> str:
    """Returns the topic of what happens with a device, for its owner."""
    return f"device:{device_id}"


def orders_topic(device_id: UUID) -> str:
    """Returns the topic that a device listens to."""
    return f"orders:{device_id}"


def happenings_namespace(database: Database) -> TopicNamespace:
    """Returns what holds for the topics of owners."""

    async def authorise(who: Principal, key: str, action: Action) -> bool:
        return action != "publish" and await _owns(who, database, key)

    return TopicNamespace(
        "device",
        kind=WINDOW,
        authorise=authorise,
        data_max_bytes=EVENT_MAX_BYTES,
        scope="devices:read",
    )


def orders_namespace(database: Database) -> TopicNamespace:
    """Returns what holds for the topics of devices: the device, and its owner with a session."""

    async def authorise(who: Principal, key: str, action: Action) -> bool:
        if action == "publish":
            return False
        if who.kind == "machine":
            return key == str(who.machine_id)
        return await _owns(who, database, key)

    return TopicNamespace(
        "orders",
        kind=WINDOW,
        authorise=authorise,
        presence=True,
        presence_linger_seconds=LINGER_SECONDS,
        data_max_bytes=EVENT_MAX_BYTES,
        scope=DEVICE_SCOPE,
    )


async def _owns(who: Principal, database: Database, key: str) -> bool:
    device_id = device_id_in(key)
    if device_id is None or not who.is_signed_in:
        return False
    return await owns(who, database, device_id=device_id)
