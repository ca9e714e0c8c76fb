"""Two applications over one PostgreSQL and one Valkey, as two processes are."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from quart import Quart

from app.factory import create_app
from app.resources import resources_of
from app.settings import Settings
from tests.patience import PATIENCE_SECONDS
from tests.people import Person


@pytest.fixture
async def other_app(app: Quart, settings: Settings) -> AsyncIterator[Quart]:
    """Yields another process; what it knows of a session it believes until it is told."""
    believes = settings.identity.model_copy(update={"session_cache_seconds": 3_600.0})
    other = create_app(settings.model_copy(update={"identity": believes}))
    async with other.test_app():
        yield other


async def test_a_session_that_ends_in_one_process_is_over_in_the_other_at_once(
    app: Quart, other_app: Quart, ada: Person
) -> None:
    here, elsewhere = resources_of(app).identity, resources_of(other_app).identity
    cookies = {cookie.name: cookie.value or "" for cookie in ada.client.cookie_jar or ()}
    assert (await elsewhere.principal(cookies)).is_signed_in

    await here.sessions.endings.end(ada.principal)

    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await elsewhere.principal(cookies)).is_signed_in:  # noqa: ASYNC110 - a real delay
            await asyncio.sleep(0.01)
