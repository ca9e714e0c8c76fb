"""What the keeper says to PostgreSQL, over the connection that holds its lock.

Nothing goes over another one: a keeper that has lost its connection, and with it the lock, cannot
write any more.
"""

from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta

import asyncpg
import msgspec

from app.features.dashboards.figures.sampling import ProcessSample

Raw = asyncpg.Connection  # of asyncpg.Record

# "dash" in ASCII, and 1: nobody else in this database uses the number.
KEEPER_LOCK = 0x64617368_00000001
# A process that has not been heard of for so long is not counted any more.
FRESH_SECONDS = 2.5

CALM = """
    SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3
"""
TRY_LOCK = "SELECT pg_try_advisory_lock($1)"
SAY = """
    INSERT INTO dashboards_processes (process, at, sample) VALUES ($1, clock_timestamp(), $2)
    ON CONFLICT (process) DO UPDATE SET at = excluded.at, sample = excluded.sample
"""
HEAR = """
    SELECT date_trunc('second', clock_timestamp()) AS now, process, sample
    FROM dashboards_processes WHERE at > clock_timestamp() - $1::interval ORDER BY process
"""
KEEP = """
    INSERT INTO dashboards_seconds (figure, at, value)
    SELECT figure, $1, value FROM unnest($2::text[], $3::float8[]) AS taken (figure, value)
    ON CONFLICT DO NOTHING RETURNING figure
"""
# Seconds are deleted while minutes stay, so a minute is written again only if more is known of it.
ROLL_UP_MINUTES = """
    INSERT INTO dashboards_minutes AS kept (figure, at, least, most, mean, seconds)
    SELECT figure, date_bin('1 minute', at, 'epoch'), min(value), max(value), avg(value), count(*)
    FROM dashboards_seconds
    WHERE at >= date_bin('1 minute', $1::timestamptz, 'epoch')
        AND at < date_bin('1 minute', $2::timestamptz, 'epoch')
    GROUP BY 1, 2
    ON CONFLICT (figure, at) DO UPDATE SET
        least = excluded.least, most = excluded.most, mean = excluded.mean,
        seconds = excluded.seconds
    WHERE excluded.seconds > kept.seconds
"""
ROLL_UP_HOURS = """
    INSERT INTO dashboards_hours AS kept (figure, at, least, most, mean, seconds)
    SELECT figure, date_bin('1 hour', at, 'epoch'), min(least), max(most),
        sum(mean * seconds) / sum(seconds), sum(seconds)
    FROM dashboards_minutes
    WHERE at >= date_bin('1 hour', $1::timestamptz, 'epoch')
        AND at < date_bin('1 minute', $2::timestamptz, 'epoch')
    GROUP BY 1, 2
    ON CONFLICT (figure, at) DO UPDATE SET
        least = excluded.least, most = excluded.most, mean = excluded.mean,
        seconds = excluded.seconds
    WHERE excluded.seconds > kept.seconds
"""


async def take_lock(connection: "Raw[asyncpg.Record]") -> bool:
    """Tells whether this connection is now, for as long as it lives, the one that sums."""
    return bool(await connection.fetchval(TRY_LOCK, KEEPER_LOCK))


async def say(connection: "Raw[asyncpg.Record]", process: str, sample: ProcessSample) -> None:
    """Stores what this process measured last, for the one that sums."""
    await connection.execute(SAY, process, msgspec.json.encode(sample).decode())


async def hear(
    connection: "Raw[asyncpg.Record]",
) -> tuple[datetime | None, dict[str, ProcessSample]]:
    """Returns the database's second, and what each process said in the last ones."""
    rows = await connection.fetch(HEAR, timedelta(seconds=FRESH_SECONDS))
    samples = {row["process"]: _decode(row["sample"]) for row in rows}
    return (rows[0]["now"] if rows else None), samples


def _decode(told: str) -> ProcessSample:
    return msgspec.json.decode(told, type=ProcessSample)


async def keep(
    connection: "Raw[asyncpg.Record]", at: datetime, figures: Mapping[str, float]
) -> bool:
    """Stores one second; tells whether nothing of it was stored, by a process that is gone."""
    stored = await connection.fetch(KEEP, at, list(figures), list(figures.values()))
    return len(stored) == len(figures)


async def roll_up(connection: "Raw[asyncpg.Record]", since: datetime, until: datetime) -> None:
    """Makes minutes of the whole minutes between, and hours of those; a repeat changes nothing."""
    await connection.execute(ROLL_UP_MINUTES, since, until)
    await connection.execute(ROLL_UP_HOURS, since, until)
