"""What a device calls about its shadow, over its socket."""

from app.features.devices.tokens import DEVICE_SCOPE
from app.principal import Principal
from app.resources import Resources

from . import service
from .schemas import Read
from .schemas import Report
from .schemas import Synced


def declare(resources: Resources) -> None:
    """Lets devices report what they are, and read what they are to be."""
    database = resources.database

    async def read(who: Principal, _data: Read) -> Synced:
        return await service.read_own(who, database)

    async def report(who: Principal, data: Report) -> Synced:
        return await service.report(who, database, version=data.version, state=data.state)

    resources.realtime.method("devices.read_state", read, scope=DEVICE_SCOPE)
    resources.realtime.method("devices.report_state", report, scope=DEVICE_SCOPE)
