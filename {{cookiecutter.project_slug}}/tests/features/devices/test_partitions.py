"""Partitions of readings: made ahead, made when needed, dropped when their time is over."""

import asyncio
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.database import Database
from app.features.devices.readings.partitions import AHEAD_DAYS
from app.features.devices.readings.partitions import keep_partitions
from app.features.devices.readings.partitions import make_partition
from app.features.devices.readings.partitions import partition_of
from app.features.devices.readings.partitions import partitions
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.settings import DevicesSettings
from tests.features.devices.conftest import Connect
from tests.features.devices.talking import batch
from tests.features.devices.talking import now_ms
from tests.features.devices.talking import put
from tests.features.devices.talking import reading
from tests.features.devices.talking import stored

DAY = date(2031, 5, 17)
SETTINGS = DevicesSettings.model_construct(readings_days=30)
INSERT = text("""
    INSERT INTO devices_readings (device_id, metric, at, number, value)
    VALUES (gen_random_uuid(), 'pressure', :at, 1, 0)
""")


async def drop_all(database: Database) -> None:
    """Removes every partition."""
    for name in await partitions(database):
        async with database.transaction() as work:
            await work.session.execute(text(f"DROP TABLE {name}"))


async def test_the_job_makes_days_ahead_and_drops_those_past_their_time(database: Database) -> None:
    await drop_all(database)
    for days in (29, 30, 31, 32, 400):
        await make_partition(database, DAY - timedelta(days=days))

    await keep_partitions(database, SETTINGS, today=DAY)
    await keep_partitions(database, SETTINGS, today=DAY)

    kept = [DAY - timedelta(days=days) for days in (31, 30, 29)]
    ahead = [DAY + timedelta(days=days) for days in range(AHEAD_DAYS + 1)]
    assert await partitions(database) == [partition_of(day) for day in kept + ahead]
    await drop_all(database)


async def test_many_who_need_the_same_day_make_it_once(database: Database) -> None:
    await drop_all(database)

    made = await asyncio.gather(*(make_partition(database, DAY) for _ in range(5)))

    assert sorted(made) == [False, False, False, False, True]
    async with database.transaction() as work:
        await work.session.execute(INSERT, {"at": datetime(2031, 5, 17, 23, 59, tzinfo=UTC)})
    await drop_all(database)


async def test_without_its_partition_a_reading_finds_no_place(database: Database) -> None:
    await drop_all(database)

    with pytest.raises(DBAPIError, match="no partition"):
        async with database.transaction() as work:
            await work.session.execute(INSERT, {"at": datetime(2031, 5, 17, tzinfo=UTC)})


async def test_a_partition_that_is_missing_is_made_when_a_reading_needs_it(
    connected: Connect, barometer: RegisteredDevice, database: Database
) -> None:
    async with connected(barometer.token) as socket:
        await socket.hello()
        yesterday = reading(at_ms=now_ms() - 86_400_000)
        assert "result" in await put(socket, {"first": 1, "readings": [yesterday, reading()]})
        await drop_all(database)  # by hand: the process believes that they are there

        told = await put(socket, batch(3))

    assert told["result"]["data"] == {"last": 3, "stored": 1}
    assert await stored(database, barometer.device.id) == [3]
