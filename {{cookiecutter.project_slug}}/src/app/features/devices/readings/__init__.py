"""Readings: taken from sockets in batches, gathered, written with ``copy``, shown live."""

from collections.abc import AsyncGenerator
from functools import partial

from quart import Quart

from app.features.devices.settings import DevicesSettings
from app.features.devices.tokens import DEVICE_SCOPE
from app.realtime.connections.limits import InboundLimits
from app.realtime.connections.limits import Rate
from app.resources import Resources

from . import methods
from . import routes
from .ingest import Ingest
from .live import Live
from .meters import Meters
from .partitions import Partitions
from .partitions import keep_partitions
from .removal import FORGET_READINGS
from .removal import forget_readings
from .writing import Writer

KEEP_SCHEDULE = "7 * * * *"
EXTENSION = "devices.ingest"


def register(app: Quart, resources: Resources, settings: DevicesSettings) -> None:
    """Attaches the methods of devices, the routes, the upkeep, and what runs while serving."""
    database, realtime = resources.database, resources.realtime
    live = Live(realtime.publish, seconds=settings.live_seconds)
    meters = Meters(resources.metrics)
    writer = Writer(database, Partitions(database), settings, told=live.tell)
    ingest = Ingest(writer.write, settings, meters)
    app.extensions[EXTENSION] = ingest
    realtime.method("readings.put", methods.put(ingest), scope=DEVICE_SCOPE)
    realtime.method("readings.last", methods.last(database), scope=DEVICE_SCOPE)
    realtime.hold_callers_to("machine", _limits(settings))
    resources.jobs.task(FORGET_READINGS, partial(forget_readings, database))
    resources.jobs.schedule(
        "devices.keep_partitions", KEEP_SCHEDULE, partial(keep_partitions, database, settings)
    )
    app.register_blueprint(routes.blueprint)

    @app.while_serving
    async def ends() -> AsyncGenerator[None, None]:
        yield
        await ingest.close()
        await live.close()


def _limits(settings: DevicesSettings) -> InboundLimits:
    return InboundLimits(
        commands=Rate(settings.commands_per_second, settings.commands_burst),
        bytes=Rate(settings.bytes_per_second, settings.bytes_burst),
    )
