"""A download of any length in the memory of one portion.

Each portion is a query of its own that goes on after the last row of the one before (keyset): no
cursor, no transaction and no connection of the pool waits for a slow reader, and when the reader
goes away nothing more is asked.
"""

from collections.abc import AsyncIterator
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Literal

from sqlalchemy import text

from app.database import Database
from app.features.dashboards.figures.history import HOURS
from app.features.dashboards.figures.history import MINUTES
from app.features.dashboards.figures.history import SECONDS

Every = Literal["second", "minute", "hour"]

PORTION_ROWS = 5_000
HEADER = b"figure,at,least,mean,most,seconds\n"
STATEMENTS = {
    "second": f"SELECT at, value, value, value, 1 FROM {SECONDS.name}",  # noqa: S608
    "minute": f"SELECT at, least, mean, most, seconds FROM {MINUTES.name}",  # noqa: S608
    "hour": f"SELECT at, least, mean, most, seconds FROM {HOURS.name}",  # noqa: S608
}
PORTION = " WHERE figure = :figure AND at > :after AND at < :until ORDER BY at LIMIT :rows"
MOMENT = timedelta(microseconds=1)


async def rows_of(
    database: Database, figures: Sequence[str], since: datetime, until: datetime, *, every: Every
) -> AsyncIterator[bytes]:
    """Yields the header, then the rows of one figure after the other in portions."""
    yield HEADER
    for figure in figures:
        after = since - MOMENT
        while True:
            rows = await _portion(database, figure, after, until, every=every)
            if rows:
                after = rows[-1][0]
                yield "".join(_line(figure, row) for row in rows).encode()
            if len(rows) < PORTION_ROWS:
                break


Row = tuple[datetime, float, float, float, int]


async def _portion(
    database: Database, figure: str, after: datetime, until: datetime, *, every: Every
) -> Sequence[Row]:
    statement = text(STATEMENTS[every] + PORTION)
    values = {"figure": figure, "after": after, "until": until, "rows": PORTION_ROWS}
    async with database.reading() as session:
        found = await session.execute(statement, values)
        return [(at, least, mean, most, n) for at, least, mean, most, n in found]


def _line(figure: str, row: Row) -> str:
    at, least, mean, most, seconds = row
    when = at.astimezone(UTC)
    return f"{figure},{when:%Y-%m-%dT%H:%M:%SZ},{least!r},{mean!r},{most!r},{seconds}\n"
