"""What the REST routes of figures take and give."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime
from pydantic import BaseModel
from pydantic import Field

from app.errors import Invalid
from app.features.dashboards.figures.catalogue import Unit
from app.features.dashboards.figures.history import POINTS_MOST

SHOWN_SECONDS = 900
SHOWN_POINTS = 1_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
NAMES_MAX_CHARACTERS = 1_000


class FigureShape(BaseModel):
    """A figure with its newest value; ``at`` is in seconds since 1970, null before the first."""

    name: str
    title: str
    unit: Unit
    audience: Literal["everyone", "operators"]
    topic: str
    at: int | None
    value: float | None


class FigureList(BaseModel):
    """The figures that the caller may see, and the processes that measure."""

    items: list[FigureShape]


class SeriesShape(BaseModel):
    """The points of one figure, as columns; each covers ``bucket_seconds`` from ``at`` on.

    ``least`` and ``most`` are empty when only means were asked for.
    """

    figure: str
    at: list[int]
    least: list[float]
    mean: list[float]
    most: list[float]


class Ranges(BaseModel):
    """What was asked for; ``now`` is the clock of the service, in seconds since 1970."""

    bucket_seconds: int
    now: int
    series: list[SeriesShape]


class Span(BaseModel):
    """A range of time, by default the last fifteen minutes, of some figures or of all.

    ``figures`` are names separated by commas; moments have an offset or a Z.
    """

    figures: str = Field(default="", max_length=NAMES_MAX_CHARACTERS)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    @property
    def names(self) -> list[str]:
        """The names in ``figures``, each once."""
        return list(dict.fromkeys(name for name in self.figures.split(",") if name))

    def moments(self, now: datetime) -> tuple[datetime, datetime]:
        """Returns the beginning and the end.

        Raises:
            Invalid: the end is not after the beginning, or either is out of all reason.
        """
        latest = now + timedelta(days=1)
        until = self.until or now
        if not EARLIEST <= until <= latest:
            raise Invalid(fields={"until": f"between {EARLIEST.year} and tomorrow"})
        since = self.since or until - timedelta(seconds=SHOWN_SECONDS)
        if not EARLIEST - timedelta(days=1) <= since <= latest:
            raise Invalid(fields={"since": f"between {EARLIEST.year} and tomorrow"})
        if since >= until:
            raise Invalid(fields={"since": "before `until`"})
        return since, until


class RangeQuery(Span):
    """A range, down-sampled to ``points`` at most; of means alone there is a third to send."""

    columns: Literal["all", "mean"] = "all"
    points: int = Field(default=SHOWN_POINTS, ge=2, le=POINTS_MOST)


class ExportQuery(Span):
    """A range to download, a row for each figure and step."""

    every: Literal["second", "minute", "hour"] = "minute"
