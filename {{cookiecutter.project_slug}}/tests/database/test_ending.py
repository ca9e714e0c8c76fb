"""What outlives the service leaves no connection behind."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from app.database import Database
from app.errors import Unavailable
from app.settings import Settings
from tests import servers


@pytest.fixture
async def ending(settings: Settings, migrated: servers.Emptier) -> AsyncIterator[Database]:
    """Yields a database that the test closes."""
    opened = Database(settings.database)
    yield opened
    await opened.engine.dispose()  # what a failing test has left


async def test_a_reading_that_outlives_the_pool_is_answered_and_closes_its_connection(
    ending: Database,
) -> None:
    async with ending.reading() as session:
        raw = await (await session.connection()).get_raw_connection()
        connection: Any = raw.driver_connection
        await ending.close()

        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
        assert not connection.is_closed()

    assert connection.is_closed()


async def test_a_transaction_that_outlives_the_pool_is_committed_and_closes_its_connection(
    ending: Database, database: Database
) -> None:
    async with ending.transaction() as work:
        connection = await work.raw_connection()
        await ending.close()
        work.announce("room:1", b"1")

    assert connection.is_closed()
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM outbox"))).scalar_one() == 1


async def test_a_task_that_is_cancelled_behind_the_pool_closes_its_connection(
    ending: Database,
) -> None:
    found: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def sleep() -> None:
        async with ending.transaction() as work:
            found.set_result(await work.raw_connection())
            await work.session.execute(text("SELECT pg_sleep(60)"))

    late = asyncio.create_task(sleep())
    connection = await found
    await ending.close()
    late.cancel()
    await asyncio.wait({late})

    assert late.cancelled()
    assert connection.is_closed()


async def test_nothing_is_opened_behind_the_pool(ending: Database) -> None:
    await ending.ping()
    await ending.close()

    with pytest.raises(Unavailable):
        await ending.ping()
    with pytest.raises(Unavailable):
        async with ending.transaction() as work:
            await work.session.execute(text("SELECT 1"))
    with pytest.raises(Unavailable):
        await ending.own_connection("late")

    pool: Any = ending.engine.pool
    assert pool.checkedin() == pool.checkedout() == 0
