"""The partitions of readings: one for each day (UTC), made ahead, or when first needed; dropped."""

from collections.abc import Iterable
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta

import structlog
from sqlalchemy import text

from app.database import Database
from app.features.devices.settings import DevicesSettings

AHEAD_DAYS = 3
TABLE = "devices_readings"
# Any number that nothing else in the database locks: two processes may need the same day.
LOCK = text("SELECT pg_advisory_xact_lock(7216355)")
EXISTS = text("SELECT to_regclass(:name) IS NOT NULL")
LIST = text("""
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'devices_readings'::regclass ORDER BY c.relname
""")

log = structlog.get_logger()


class Partitions:
    """Knows which days have a partition, so that ingest need not ask each time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: set[date] = set()

    async def ensure(self, days: Iterable[date]) -> None:
        """Makes the partitions of ``days`` that are missing.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        for day in sorted(set(days) - self._known):
            await make_partition(self._database, day)
            self._known.add(day)

    def forget(self) -> None:
        """Believes nothing any more: a partition was not there after all."""
        self._known.clear()


async def make_partition(database: Database, day: date) -> bool:
    """Makes the partition of a day, unless it is there; returns whether it was missing.

    Made beside the table and then attached, which nobody who reads or writes has to wait for, as
    they would for ``CREATE TABLE ... PARTITION OF``.
    """
    name = partition_of(day)
    end = day + timedelta(days=1)
    async with database.transaction() as work:
        await work.session.execute(LOCK)
        if (await work.session.execute(EXISTS, {"name": name})).scalar_one():
            return False
        await work.session.execute(text(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING ALL)"))
        await work.session.execute(
            text(
                f"ALTER TABLE {TABLE} ATTACH PARTITION {name}"
                f" FOR VALUES FROM ('{day}T00:00:00Z') TO ('{end}T00:00:00Z')"
            )
        )
    return True


async def keep_partitions(
    database: Database, settings: DevicesSettings, *, today: date | None = None
) -> None:
    """Makes the partitions of the next days and drops those past ``readings_days``.

    Dropping one takes no time, but waits for whoever reads from the table: at most
    ``DATABASE_LOCK_SECONDS``, and then until the next time.
    """
    today = today or datetime.now(UTC).date()
    for ahead in range(AHEAD_DAYS + 1):
        await make_partition(database, today + timedelta(days=ahead))
    # One day more: the oldest readings that are taken lie in the partition before.
    oldest = partition_of(today - timedelta(days=settings.readings_days + 1))
    for name in await partitions(database):
        if name < oldest:
            async with database.transaction() as work:
                await work.session.execute(text(f"DROP TABLE IF EXISTS {name}"))
            log.info("devices_partition_dropped", partition=name)


async def partitions(database: Database) -> list[str]:
    """Returns the names of all partitions, the oldest first."""
    async with database.reading() as session:
        return list(await session.scalars(LIST))


def partition_of(day: date) -> str:
    """Returns the name of a day's partition; names sort as days do."""
    return f"{TABLE}_{day:%Y%m%d}"
