"""The fleet: groups and tags to find devices by, and who of them is connected."""

import asyncio
from collections.abc import AsyncGenerator

from quart import Quart

from app.resources import Resources

from . import device_pages
from . import group_pages
from . import pages
from . import routes
from .counting import LiveCounts
from .counting import fleet_namespace
from .sightings import Sightings


def register(app: Quart, resources: Resources, counts: LiveCounts) -> None:
    """Attaches the routes, and what looks who is connected while the service runs."""
    app.register_blueprint(routes.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(device_pages.blueprint)
    app.register_blueprint(group_pages.blueprint)
    resources.navigation.add(
        "Devices",
        "/devices",
        order=30,
        description="Thousands of sockets: readings as they come in, commands, and who is there.",
    )
    resources.realtime.declare(fleet_namespace())
    sightings = Sightings(resources.database, lambda: resources.realtime.machines, counts)

    @app.while_serving
    async def watching() -> AsyncGenerator[None, None]:
        looking = asyncio.create_task(sightings.run(), name="device sightings")
        yield
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
