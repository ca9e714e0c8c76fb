"""One application for the whole matrix, and the naive routes that it must find out."""

from collections.abc import AsyncIterator

import pytest
from quart import Quart

from app.factory import create_app
from app.settings import Settings
from tests.access.naive import add_naive_routes
from tests.access.scene import accesses
from tests.access.world import World
from tests.servers import Emptier
from tests.servers import listening
from tests.servers import redis_client


@pytest.fixture(scope="module")
async def world(settings: Settings, migrated: Emptier) -> AsyncIterator[World]:
    """Yields the whole application, with two routes as one should not write them."""
    app: Quart = create_app(settings)
    add_naive_routes(app)
    async with app.test_app():
        yield World(app, accesses())
    await _empty(settings, migrated)


@pytest.fixture
async def served(settings: Settings, migrated: Emptier) -> AsyncIterator[World]:
    """Yields the application behind a real server."""
    app = create_app(settings)
    async with app.test_app(), listening(app, settings):
        yield World(app, accesses())
    await _empty(settings, migrated)


async def _empty(settings: Settings, migrated: Emptier) -> None:
    async with redis_client(settings.redis.url) as client:
        await client.flushall()
    await migrated.empty()
