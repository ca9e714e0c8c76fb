"""The history: which table answers a question, and into how many points.

A bucket keeps its least, its mean and its most, so that a spike of one second is still seen in a
chart of a month; choosing single points (LTTB, Steinarsson 2013) would keep the shape and could
drop the spike. That minimum and maximum of each column of pixels draw the same line as all points
is shown by Jugel et al., "M4: A Visualization-Oriented Time Series Data Aggregation", VLDB 2014.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

POINTS_MOST: Final = 2_000
DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the history; a row of it covers ``step_seconds``."""

    name: str
    step_seconds: int
    least: str
    most: str
    mean: str


SECONDS: Final = Table("dashboards_seconds", 1, "min(value)", "max(value)", "avg(value)")
_MEAN: Final = "sum(mean * seconds) / sum(seconds)"
MINUTES: Final = Table("dashboards_minutes", 60, "min(least)", "max(most)", _MEAN)
HOURS: Final = Table("dashboards_hours", 3_600, "min(least)", "max(most)", _MEAN)
TABLES: Final = (SECONDS, MINUTES, HOURS)


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the points come from, and how many seconds each of them covers."""

    table: Table
    bucket_seconds: int


@dataclass(slots=True)
class Series:
    """The points of one figure, as columns; ``at`` is the first second of each bucket."""

    figure: str
    at: list[int] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)


def plan(
    since: datetime, until: datetime, *, points: int, now: datetime, seconds_kept: timedelta
) -> Plan:
    """Chooses the finest table that still has the range and needs no bucket finer than its rows.

    Buckets begin at whole multiples of their width, so a range that moves shows the same ones; the
    one that the range cuts at its start is a point more, which is why one fewer is counted with.
    """
    span = max(1.0, (until - since).total_seconds())
    wanted = span / max(1, points - 1)
    tables = [one for one in TABLES if one is not SECONDS or since >= now - seconds_kept]
    table = max((one for one in tables if one.step_seconds <= wanted), key=_step, default=tables[0])
    return Plan(table, table.step_seconds * math.ceil(wanted / table.step_seconds))


def _step(table: Table) -> int:
    return table.step_seconds


async def read_series(
    session: AsyncSession, figures: Sequence[str], since: datetime, until: datetime, *, how: Plan
) -> list[Series]:
    """Returns the points of each figure from ``since`` until just before ``until``."""
    table = how.table
    statement = text(f"""
        SELECT figure, CAST(extract(epoch FROM date_bin(:width, at, 'epoch')) AS bigint) AS bucket,
            {table.least} AS least, {table.mean} AS mean, {table.most} AS most
        FROM {table.name} WHERE figure = ANY(:figures) AND at >= :since AND at < :until
        GROUP BY 1, 2 ORDER BY 1, 2
    """)  # noqa: S608 - names of ours
    found = {name: Series(name) for name in figures}
    width = timedelta(seconds=how.bucket_seconds)
    values = {"width": width, "figures": list(figures), "since": since, "until": until}
    for figure, at, least, mean, most in await session.execute(statement, values):
        series = found[figure]
        series.at.append(at)
        series.least.append(least)
        series.mean.append(float(f"{mean:.{DIGITS}g}"))  # nobody can see more, and it is sent
        series.most.append(most)
    return list(found.values())


async def newest_values(
    session: AsyncSession, figures: Sequence[str]
) -> dict[str, tuple[int, float]]:
    """Returns of each figure the second that was stored last, and its value."""
    statement = text("""
        SELECT name, CAST(extract(epoch FROM last.at) AS bigint), last.value
        FROM unnest(CAST(:figures AS text[])) AS name CROSS JOIN LATERAL (
            SELECT at, value FROM dashboards_seconds WHERE figure = name ORDER BY at DESC LIMIT 1
        ) AS last
    """)
    rows = await session.execute(statement, {"figures": list(figures)})
    return {name: (at, value) for name, at, value in rows}
