"""Writing what was gathered: one transaction, one ``copy``, and how far each device has come.

The readings and the number of the last one are committed together, and a device's row is locked
in between, so that a batch that is repeated, here or in another process, stores nothing twice:
whoever comes second finds the number of the first.
"""

import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import UTC
from datetime import date
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.database import Database
from app.errors import AppError
from app.errors import Unavailable
from app.features.devices.settings import DevicesSettings

from .batches import Acknowledged
from .batches import Batch
from .batches import Period
from .batches import Reading
from .batches import Standing
from .batches import judge
from .partitions import TABLE
from .partitions import Partitions

DAY_MS = 86_400_000
COLUMNS = ("device_id", "metric", "at", "number", "value")
# In the order of the ids, so that two processes with the same devices never wait for each other.
LOCK = """
    SELECT p.device_id, p.last_number, p.newest::text AS newest, d.metrics
    FROM devices_progress p JOIN devices d ON d.id = p.device_id
    WHERE p.device_id = ANY($1::uuid[]) AND d.token_hash IS NOT NULL
    ORDER BY p.device_id FOR UPDATE OF p
"""
ADVANCE = """
    UPDATE devices_progress p
    SET last_number = n.last_number, newest = n.newest::jsonb, last_seen_at = now()
    FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS n (device_id, last_number, newest)
    WHERE p.device_id = n.device_id
"""
# What asyncpg raises on a connection that is gone, besides errors of PostgreSQL.
GONE = (OSError, asyncpg.InterfaceError)

Told = Callable[[Sequence[Standing]], None]
Record = tuple[UUID, str, datetime, int, float]


class Writer:
    """Writes groups of batches; ``told`` gets what was committed."""

    def __init__(
        self, database: Database, partitions: Partitions, settings: DevicesSettings, *, told: Told
    ) -> None:
        self._database = database
        self._partitions = partitions
        self._settings = settings
        self._told = told

    async def write(
        self, batches: Sequence[tuple[UUID, Batch]]
    ) -> Sequence[Acknowledged | AppError]:
        """Stores what is new and returns for each batch what its device is told, after the commit.

        Raises:
            Unavailable: PostgreSQL is away. Whether the group was committed is unknown then;
                writing it again stores nothing twice.
        """
        period = self._period()
        await self._partitions.ensure(days_of(batches, period))
        try:
            outcomes, standings = await self._write(batches, period)
        except asyncpg.CheckViolationError as error:
            self._partitions.forget()  # one was dropped by hand; the next try makes it again
            raise Unavailable("a partition is missing") from error
        except GONE as error:
            raise Unavailable("PostgreSQL is away", is_cut=True) from error
        self._told([standing for standing in standings if standing.fresh])
        return outcomes

    async def _write(
        self, batches: Sequence[tuple[UUID, Batch]], period: Period
    ) -> tuple[Sequence[Acknowledged | AppError], Sequence[Standing]]:
        ids = list({device_id for device_id, _ in batches})
        async with self._database.transaction() as work:
            raw = await work.raw_connection()
            rows = await raw.fetch(LOCK, ids)
            standings = {row["device_id"]: standing_of(row) for row in rows}
            outcomes = judge(batches, standings, period)
            moved = [one for one in standings.values() if one.fresh]
            if moved:
                await raw.copy_records_to_table(TABLE, records=records(moved), columns=COLUMNS)
                await raw.execute(
                    ADVANCE,
                    [one.device_id for one in moved],
                    [one.last for one in moved],
                    [_newest.encode(shown(one)).decode() for one in moved],
                )
        return outcomes, moved

    def _period(self) -> Period:
        now_ms = int(time.time() * 1000)
        return Period(
            earliest_ms=now_ms - self._settings.readings_days * DAY_MS,
            latest_ms=now_ms + int(self._settings.future_seconds * 1000),
        )


class Newest(msgspec.Struct, frozen=True):
    """The newest reading of a metric, as ``devices_progress`` and the topic have it."""

    value: float
    at_ms: int


_newest = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(dict[str, Newest])


def standing_of(row: Any) -> Standing:
    """Returns how far a device has come, from its locked row."""
    newest = {
        metric: Reading(metric, one.value, one.at_ms)
        for metric, one in _decoder.decode(row["newest"]).items()
    }
    return Standing(row["device_id"], frozenset(row["metrics"]), row["last_number"], newest)


def shown(standing: Standing) -> dict[str, Newest]:
    """Returns the newest reading of each metric that the device still has."""
    return {
        metric: Newest(reading.value, reading.at_ms)
        for metric, reading in standing.newest.items()
        if metric in standing.metrics
    }


def records(standings: Iterable[Standing]) -> Iterator[Record]:
    """Yields what is new as rows for ``copy``."""
    for one in standings:
        for number, reading in one.fresh:
            at = datetime.fromtimestamp(reading.at_ms / 1000, UTC)
            yield one.device_id, reading.metric, at, number, reading.value


def days_of(batches: Iterable[tuple[UUID, Batch]], period: Period) -> set[date]:
    """Returns the days (UTC) of all readings that are in the period."""
    days = {reading.at_ms // DAY_MS for _, batch in batches for reading in batch.readings}
    earliest, latest = period.earliest_ms // DAY_MS, period.latest_ms // DAY_MS
    return {
        datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date()
        for day in days
        if earliest <= day <= latest
    }
