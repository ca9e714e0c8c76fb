"""How dashboards look on the wire."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field

from app.features.dashboards.boards.document import Panel
from app.features.dashboards.boards.tables import BoardRow
from app.features.dashboards.figures.history import Series
from app.web.paging import CURSOR_MAX_CHARACTERS

PAGE_BOARDS = 50
PAGE_MAX_BOARDS = 100
PERSON_MAX_BOARDS = 100
LINK_MAX_CHARACTERS = 200


class Shape(BaseModel):
    """A value on the wire that nobody changes."""

    model_config = ConfigDict(frozen=True)


class BoardSummary(Shape):
    """A line in somebody's list of dashboards."""

    id: UUID
    name: str
    panel_count: int
    version: int
    changed_at: datetime

    @classmethod
    def of(cls, row: BoardRow) -> "BoardSummary":
        """Returns the summary of a row."""
        return cls(
            id=row.id,
            name=row.name,
            panel_count=len(row.panels),
            version=row.version,
            changed_at=row.changed_at,
        )


class Board(Shape):
    """A dashboard; of two shapes with one id the higher ``version`` holds."""

    id: UUID
    name: str
    panels: list[Panel]
    version: int
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, row: BoardRow) -> "Board":
        """Returns the shape of a row."""
        return cls(
            id=row.id,
            name=row.name,
            panels=[Panel.model_validate(panel) for panel in row.panels],
            version=row.version,
            created_at=row.created_at,
            changed_at=row.changed_at,
        )


class BoardsQuery(Shape):
    """Which page of somebody's dashboards."""

    cursor: str = Field(default="", max_length=CURSOR_MAX_CHARACTERS)
    count: int = Field(default=PAGE_BOARDS, ge=1, le=PAGE_MAX_BOARDS)


class SeriesHistory(Shape):
    """The means of one figure, as columns; ``at`` is the first second of each."""

    figure: str
    at: list[int]
    mean: list[float]


class SpanHistory(Shape):
    """What the panels show that go back ``minutes``; a point covers ``bucket_seconds``."""

    minutes: int
    bucket_seconds: int
    series: list[SeriesHistory]

    @classmethod
    def of(cls, minutes: int, bucket_seconds: int, series: list[Series]) -> "SpanHistory":
        """Returns the shape of what was read."""
        found = [SeriesHistory(figure=one.figure, at=one.at, mean=one.mean) for one in series]
        return cls(minutes=minutes, bucket_seconds=bucket_seconds, series=found)


class BoardHistory(Shape):
    """What a dashboard shows of the past; ``now`` is the clock of the service, since 1970."""

    now: int
    spans: list[SpanHistory]


class SharedQuery(Shape):
    """The secret of a link."""

    link: str = Field(default="", max_length=LINK_MAX_CHARACTERS)


class LinkShape(Shape):
    """A link to a dashboard, without its secret; ``hint`` is how that begins."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    hint: str
    created_at: datetime
    looked_at: datetime | None


class LinkList(Shape):
    """The links to one dashboard, the newest first."""

    items: list[LinkShape]


class MadeLink(Shape):
    """A link that was made just now; ``url`` is shown this once."""

    url: str
    link: LinkShape
