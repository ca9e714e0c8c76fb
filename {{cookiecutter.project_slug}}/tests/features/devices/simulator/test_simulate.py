"""A simulated fleet against a real server: what is acknowledged is stored, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID
from uuid import uuid4

import pytest
from quart import Quart
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select

from app.database import Database
from app.errors import NotFound
from app.features.devices.simulator.plan import Plan
from app.features.devices.simulator.registering import count_stored
from app.features.devices.simulator.registering import register
from app.features.devices.simulator.registering import remove
from app.features.devices.simulator.run import simulate
from app.features.devices.tables import DeviceRow
from app.features.devices.tables import ReadingRow
from app.features.devices.tokens import Tokens
from app.settings import Settings
from tests.people import Person
from tests.servers import Databases

ENDS_SECONDS = 60  # of one second


@pytest.fixture
def tokens(database: Database) -> Tokens:
    return Tokens(database, prefix="dev_")


async def test_nothing_that_was_acknowledged_is_lost_or_doubled_by_cuts(
    live_server: str, database: Database, tokens: Tokens, ada: Person
) -> None:
    plan = Plan(live_server, 40, seconds=3.0, interval_seconds=0.5, batch=10, cuts=0.3, seed=7)
    made = await register(database, tokens, email="ADA@example.com", count=plan.count)

    report = await simulate(plan, database, made, tell=lambda line: None)

    assert report.cuts > 5
    assert (report.connected, report.lost, report.duplicated) == (40, 0, 0)
    assert (report.stored or 0) >= report.acknowledged > 0
    assert report.is_good

    told = dict.fromkeys(made, 0) | {await one_with_readings(database): 10**6}
    assert (await count_stored(database, told)).acknowledged > 0
    await remove(database, list(made))
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(ReadingRow)) == 0
        assert await session.scalar(select(func.count()).select_from(DeviceRow)) == 0


async def one_with_readings(database: Database) -> UUID:
    """Returns a device that has stored something."""
    async with database.reading() as session:
        found: UUID | None = await session.scalar(select(ReadingRow.device_id).limit(1))
    assert found
    return found


async def test_a_reading_that_is_missing_is_counted_as_lost(
    live_server: str, database: Database, tokens: Tokens, ada: Person
) -> None:
    """Shows that the figure can be another one than nought."""
    plan = Plan(live_server, 2, seconds=1.5, interval_seconds=0.2, batch=10, cuts=0.0, seed=1)
    made = await register(database, tokens, email="ada@example.com", count=plan.count)
    report = await simulate(plan, database, made, tell=lambda line: None)
    device_id = await one_with_readings(database)

    async with database.transaction() as work:
        await work.session.execute(delete(ReadingRow).where(ReadingRow.number == 3))
    stored = await count_stored(database, {device_id: 10})

    assert report.lost == 0
    assert 10 - stored.acknowledged == 1


async def test_a_service_that_says_nothing_is_given_up_in_time(
    database: Database, tokens: Tokens, ada: Person
) -> None:
    """Whatever hangs, the command ends and tells what it has."""
    async with deaf() as port:
        plan = Plan(
            f"http://127.0.0.1:{port}",
            *(60, 0.2, 0.1, 10, 0.0, 1),
            grace_seconds=0.3,
            least_arrive_seconds=0.3,
        )
        made = await register(database, tokens, email="ada@example.com", count=plan.count)

        async with asyncio.timeout(ENDS_SECONDS):
            report = await simulate(plan, database, made, tell=lambda line: None)

    assert (report.connected, report.acknowledged, report.stored) == (0, 0, 0)
    assert report.unfinished == plan.count
    assert not report.is_good


async def test_what_cannot_be_counted_is_told_and_is_not_good(
    database: Database, databases: Databases, tokens: Tokens, settings: Settings
) -> None:
    gone = databases.at(
        settings.database.model_copy(update={"url": "postgresql://127.0.0.1:1/gone"})
    )
    plan = Plan("http://127.0.0.1:1", 1, 0.1, 0.05, 10, 0.0, 1, 0.2, 0.2)

    report = await simulate(plan, gone, {uuid4(): tokens.make()}, tell=lambda line: None)

    assert (report.stored, report.lost, report.duplicated) == (None, None, None)
    assert any(line.startswith("the table") for line in report.failures)
    assert not report.is_good


@asynccontextmanager
async def deaf() -> AsyncIterator[int]:
    """Yields the port of a server that takes connections, and never answers."""
    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for writer in writers:
            writer.close()


async def test_devices_belong_to_somebody(app: Quart, database: Database, tokens: Tokens) -> None:
    with pytest.raises(NotFound, match="nobody"):
        await register(database, tokens, email="nobody@example.com", count=1)
