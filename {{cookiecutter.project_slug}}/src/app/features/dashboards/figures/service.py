"""Figures for whoever may see them: the newest, ranges, and rows to download."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import timedelta

from sqlalchemy import func
from sqlalchemy import select

from app.database import Database
from app.errors import Invalid
from app.errors import NotFound
from app.features.dashboards.figures.catalogue import Figure
from app.features.dashboards.figures.export import rows_of
from app.features.dashboards.figures.history import newest_values
from app.features.dashboards.figures.history import plan
from app.features.dashboards.figures.history import read_series
from app.features.dashboards.figures.policy import seen_figure
from app.features.dashboards.figures.policy import visible
from app.features.dashboards.figures.schemas import ExportQuery
from app.features.dashboards.figures.schemas import FigureShape
from app.features.dashboards.figures.schemas import RangeQuery
from app.features.dashboards.figures.schemas import Ranges
from app.features.dashboards.figures.schemas import SeriesShape
from app.features.dashboards.figures.tables import ProcessRow
from app.features.dashboards.figures.topics import TOPIC_OF
from app.features.dashboards.settings import DashboardsSettings
from app.identity.rights import require
from app.principal import Principal
from app.roles import READ_ADMINISTRATION

PRESENT = timedelta(seconds=10)
PROCESSES_MOST = 50


async def list_figures(who: Principal, database: Database) -> list[FigureShape]:
    """Returns the figures that ``who`` may see, with their newest values."""
    figures = visible(who)
    async with database.reading() as session:
        newest = await newest_values(session, [figure.name for figure in figures])
    return [_shape(figure, newest.get(figure.name)) for figure in figures]


async def list_processes(who: Principal, database: Database) -> list[str]:
    """Returns the processes that have been heard of in the last seconds.

    Raises:
        Forbidden: the caller may not see single processes.
    """
    require(who, READ_ADMINISTRATION)
    heard = select(ProcessRow.process).where(ProcessRow.at > func.now() - PRESENT)
    async with database.reading() as session:
        return list(await session.scalars(heard.order_by(ProcessRow.process).limit(PROCESSES_MOST)))


async def read_ranges(
    who: Principal, database: Database, settings: DashboardsSettings, *, query: RangeQuery
) -> Ranges:
    """Returns what figures were over a range, in two thousand points each at most.

    Raises:
        Forbidden: one of them is not for the caller.
        Invalid: one of them does not exist, or the range makes no sense.
    """
    names, now = _names(who, query.names), datetime.now(UTC)
    since, until = query.moments(now)
    kept = timedelta(hours=settings.keep_seconds_hours)
    how = plan(since, until, points=query.points, now=now, seconds_kept=kept)
    async with database.reading() as session:
        series = await read_series(session, names, since, until, how=how)
    if query.columns == "mean":
        series = [replace(one, least=[], most=[]) for one in series]
    return Ranges(
        bucket_seconds=how.bucket_seconds,
        now=int(now.timestamp()),
        series=[SeriesShape.model_validate(one, from_attributes=True) for one in series],
    )


def export_rows(who: Principal, database: Database, *, query: ExportQuery) -> AsyncIterator[bytes]:
    """Returns the lines of a download in portions, each read when the one before has been sent.

    Raises:
        Forbidden: one of the figures is not for the caller.
        Invalid: one of them does not exist, or the range makes no sense.
    """
    names = _names(who, query.names)
    since, until = query.moments(datetime.now(UTC))
    return rows_of(database, names, since, until, every=query.every)


def _names(who: Principal, names: list[str]) -> list[str]:
    if not names:
        return [figure.name for figure in visible(who)]
    try:
        return [seen_figure(who, name).name for name in names]
    except NotFound:
        raise Invalid(fields={"figures": "one of these is no figure"}) from None


def _shape(figure: Figure, newest: tuple[int, float] | None) -> FigureShape:
    at, value = newest or (None, None)
    return FigureShape(
        name=figure.name,
        title=figure.title,
        unit=figure.unit,
        audience=figure.audience,
        topic=TOPIC_OF[figure.audience],
        at=at,
        value=value,
    )
