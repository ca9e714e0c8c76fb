"""What ``app dev`` does before it serves: the tables, and people to play with."""

import asyncio

import structlog

from app.database.branches import migration_locations
from app.database.migrate import migrate
from app.errors import Unavailable
from app.factory import create_app
from app.features import FEATURES
from app.resources import resources_of
from app.settings import Settings

RETRY_SECONDS = 1.0

log = structlog.get_logger()


async def prepare(settings: Settings) -> None:
    """Applies the migrations and adds the demo data, waiting for PostgreSQL when it is away."""
    complained = False
    while True:
        try:
            await migrate(settings, locations=migration_locations())
            await add_demo_data(settings)
            return
        except Unavailable as error:
            if not complained:
                log.error("waiting", reason=error.detail)
            complained = True
            await asyncio.sleep(RETRY_SECONDS)


async def add_demo_data(settings: Settings) -> None:
    """Lets every feature add its demo data; a second time changes nothing."""
    resources = resources_of(create_app(settings))
    async with resources.opened():
        for feature in FEATURES:
            await feature.add_demo(resources)
