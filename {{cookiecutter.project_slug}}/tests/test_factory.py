"""The application is put together so that what stands on something ends before it."""

from collections.abc import AsyncGenerator
from types import SimpleNamespace

import pytest
from quart import Quart
from redis.asyncio import Redis

from app import factory
from app.database import Database
from app.features import FEATURES
from app.resources import Resources
from app.settings import Settings


async def test_what_a_feature_does_while_serving_has_the_database_to_its_end(
    settings: Settings, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []

    def register(app: Quart, resources: Resources) -> None:
        @app.while_serving
        async def at_work() -> AsyncGenerator[None, None]:
            await resources.database.ping()
            reached.append("its beginning")
            yield
            await resources.database.ping()
            reached.append("its end")

    curious = SimpleNamespace(__name__="app.features.curious", register=register)
    monkeypatch.setattr(factory, "FEATURES", (*FEATURES, curious))

    async with factory.create_app(settings).test_app():
        assert reached == ["its beginning"]

    assert reached == ["its beginning", "its end"]
