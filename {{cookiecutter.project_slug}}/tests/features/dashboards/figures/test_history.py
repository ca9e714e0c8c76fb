"""Seconds become minutes and hours, and any range fits into two thousand points."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import text

from app.database import Database
from app.features.dashboards.figures import store
from app.features.dashboards.figures.export import PORTION_ROWS
from app.features.dashboards.figures.export import rows_of
from app.features.dashboards.figures.history import POINTS_MOST
from app.features.dashboards.figures.history import plan
from app.features.dashboards.figures.history import read_series
from app.features.dashboards.figures.retention import delete_old_figures
from app.features.dashboards.settings import DashboardsSettings
from app.settings import Settings
from tests.servers import connection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RATE = "requests.rate"
SECONDS = """
    INSERT INTO dashboards_seconds
    SELECT $1, at, extract(epoch FROM at - $2) FROM generate_series($2, $3, interval '1 s') AS at
"""
MINUTES = """
    INSERT INTO dashboards_minutes
    SELECT $1, at, 1, 3, 2, 60 FROM generate_series($2::timestamptz, $3, interval '1 minute') AS at
"""

# Other test processes have databases of their own in the same server.
RUNNING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND query LIKE $1
"""


async def rows(database: Database, table: str) -> list[tuple[object, ...]]:
    """Returns the rolled-up rows, oldest first."""
    query = f"SELECT at, least, most, mean, seconds FROM {table} ORDER BY at"
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def test_seconds_become_minutes_and_hours_once(
    settings: Settings, database: Database
) -> None:
    until = NOON + timedelta(minutes=2, seconds=30)
    async with connection(settings.database.url) as raw:
        await raw.execute(SECONDS, RATE, NOON, until)

        for _ in range(2):  # whoever takes over rolls up again what the one before did
            await store.roll_up(raw, NOON - HOUR, until)

        whole = [(NOON, 0.0, 59.0, 29.5, 60), (NOON + HOUR / 60, 60.0, 119.0, 89.5, 60)]
        assert await rows(database, "dashboards_minutes") == whole
        assert await rows(database, "dashboards_hours") == [(NOON, 0.0, 119.0, 59.5, 120)]

        await raw.execute("DELETE FROM dashboards_seconds WHERE at < $1", NOON + HOUR / 120)
        await store.roll_up(raw, NOON - HOUR, until)
        assert await rows(database, "dashboards_minutes") == whole


@pytest.mark.parametrize(
    ("ago", "points", "table", "bucket"),
    [
        (timedelta(minutes=15), 901, "dashboards_seconds", 1),
        (timedelta(hours=1), 2_000, "dashboards_seconds", 2),
        (timedelta(hours=6), 2_000, "dashboards_minutes", 60),
        (timedelta(days=7), 2_000, "dashboards_minutes", 360),
        (timedelta(days=365), 2_000, "dashboards_hours", 18_000),
        (timedelta(days=3_650), 2, "dashboards_hours", 315_360_000),
    ],
)
def test_the_finest_table_that_is_needed_answers(
    ago: timedelta, points: int, table: str, bucket: int
) -> None:
    how = plan(NOON - ago, NOON, points=points, now=NOON, seconds_kept=HOUR)

    assert (how.table.name, how.bucket_seconds) == (table, bucket)


async def test_a_range_never_has_more_points_than_asked_for_and_keeps_its_peak(
    settings: Settings, database: Database
) -> None:
    peak = NOON + timedelta(minutes=33, seconds=7)
    async with connection(settings.database.url) as raw:
        await raw.execute(SECONDS, RATE, NOON, NOON + HOUR)
        await raw.execute("UPDATE dashboards_seconds SET value = 1e6 WHERE at = $1", peak)
        await store.roll_up(raw, NOON, NOON + HOUR)

    for points, shift in product((2, 7, 100, 899, POINTS_MOST), (0, 1, 17)):
        since, until = NOON + timedelta(seconds=shift), NOON + HOUR - timedelta(seconds=1)
        how = plan(since, until, points=points, now=until, seconds_kept=2 * HOUR)
        async with database.reading() as session:
            [series] = await read_series(session, [RATE], since, until, how=how)
        every_nth = series.mean  # what one value for each bucket would show

        assert points / 2 - 1 <= len(series.at) <= points
        assert max(series.most) == 1e6 > max(every_nth) - (how.bucket_seconds == 1)
        assert series.at == sorted(set(series.at))


async def test_a_year_is_downloaded_in_portions(settings: Settings, database: Database) -> None:
    year = timedelta(days=365)
    async with connection(settings.database.url) as raw:
        await raw.execute(MINUTES, RATE, NOON - year / 12, NOON)

    sizes, lines = [], 0
    async for portion in rows_of(database, [RATE], NOON - year, NOON, every="minute"):
        sizes.append(len(portion))
        lines += portion.count(b"\n")

    assert lines == 1 + 365 * 24 * 60 // 12
    assert max(sizes) < 100 * PORTION_ROWS
    assert database.engine.sync_engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_who_stops_reading_stops_the_queries(settings: Settings, database: Database) -> None:
    async with connection(settings.database.url) as raw:
        await raw.execute(MINUTES, RATE, NOON - timedelta(days=20), NOON)
        download = rows_of(database, [RATE], NOON - timedelta(days=20), NOON, every="minute")
        assert (await anext(download)).startswith(b"figure,at,")
        assert (await anext(download)).count(b"\n") == PORTION_ROWS

        await download.aclose()  # type: ignore[attr-defined]

        assert await raw.fetchval(RUNNING, "SELECT at, least%") == 0


async def test_what_is_old_enough_is_deleted(settings: Settings, database: Database) -> None:
    now = datetime.now(UTC)
    async with connection(settings.database.url) as raw:
        await raw.execute(SECONDS, RATE, now - 2 * HOUR, now)
        await raw.execute(MINUTES, RATE, now - timedelta(days=40), now)

    await delete_old_figures(database, DashboardsSettings.model_construct())

    async with database.reading() as session:
        seconds = await session.scalar(text("SELECT count(*) FROM dashboards_seconds"))
        minutes = await session.scalar(text("SELECT count(*) FROM dashboards_minutes"))
    assert 3_500 <= (seconds or 0) <= 3_600
    assert 30 * 1_440 - 2 <= (minutes or 0) <= 30 * 1_440
