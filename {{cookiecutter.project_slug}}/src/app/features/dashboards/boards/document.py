"""What a dashboard says: a name, and panels in their order. No database and no requests here.

A panel shows figures of the service, or numbers that another feature publishes on a topic: the
latter have no history, and whoever looks needs the right to listen to that topic themselves.
"""

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Annotated
from typing import Literal

from pydantic import AfterValidator
from pydantic import BaseModel
from pydantic import BeforeValidator
from pydantic import ConfigDict
from pydantic import Field
from pydantic import StringConstraints
from pydantic import model_validator

from app.errors import Invalid
from app.web.values import OneLine

BOARD_MAX_PANELS = 24
# A stream carries 16, two of which are those of the figures.
BOARD_MAX_TOPICS = 12
PANEL_MAX_SERIES = 6
NAME_MAX_CHARACTERS = 80
SERIES_MAX_CHARACTERS = 80
TOPIC_MAX_CHARACTERS = 160
COLUMNS = 3
# One at each side of a chart.
PANEL_MAX_AXES = 2

Kind = Literal["line", "area", "number"]
KINDS: dict[Kind, str] = {"line": "Lines", "area": "Areas, stacked", "number": "Number"}
MINUTES: dict[int, str] = {
    5: "5 minutes",
    15: "15 minutes",
    60: "an hour",
    360: "6 hours",
    1_440: "a day",
    10_080: "a week",
    43_200: "30 days",
}
TWO_AXES = "a chart has an axis at each side: show two units at most, or draw it as numbers"
SPANS: dict[int, str] = {1: "a third", 2: "two thirds", 3: "the whole width"}


def _not_a_switch(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("write a whole number")
    return value


def _one_of(known: Collection[int], what: str) -> AfterValidator:
    def check(value: int) -> int:
        if value not in known:
            raise ValueError(f"{what} is one of {', '.join(map(str, known))}")
        return value

    return AfterValidator(check)


Name = Annotated[str, OneLine(most=NAME_MAX_CHARACTERS)]
Series = Annotated[
    str, StringConstraints(min_length=1, max_length=SERIES_MAX_CHARACTERS, pattern=r"^[\w.:%/ -]+$")
]
Topic = Annotated[
    str,
    StringConstraints(max_length=TOPIC_MAX_CHARACTERS, pattern=r"^[a-z][a-z0-9_-]*:[\w.:-]+$"),
]
EachOnce = Annotated[
    list[Series], Field(max_length=PANEL_MAX_SERIES, json_schema_extra={"uniqueItems": True})
]
Span = Annotated[int, BeforeValidator(_not_a_switch), _one_of(SPANS, "a width")]
Minutes = Annotated[int, BeforeValidator(_not_a_switch), _one_of(MINUTES, "a span of time")]


class Document(BaseModel):
    """Something that a person writes: fields that nobody knows are mistakes, not decoration."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Panel(Document):
    """One chart: either figures of the service, or values named ``series`` on a ``topic``.

    ``span`` counts columns of three; ``minutes`` is how far back it goes, where there is history.
    """

    title: Name
    kind: Kind = "line"
    span: Span = 1
    minutes: Minutes = 15
    figures: EachOnce = []
    topic: Topic | None = None
    series: EachOnce = []

    @model_validator(mode="after")
    def _shows_one_thing(self) -> "Panel":
        if bool(self.figures) == (self.topic is not None):
            raise ValueError("a panel shows figures, or the values of one topic")
        if self.topic is None and self.series:
            raise ValueError("series belong to a topic; figures are named in figures")
        for names in (self.figures, self.series):
            if len(set(names)) < len(names):
                raise ValueError("a panel shows each thing once")
        return self


class BoardDraft(Document):
    """A dashboard as somebody wants it."""

    name: Name
    panels: list[Panel] = Field(default=[], max_length=BOARD_MAX_PANELS)

    @model_validator(mode="after")
    def _fits_into_a_stream(self) -> "BoardDraft":
        if len({panel.topic for panel in self.panels if panel.topic}) > BOARD_MAX_TOPICS:
            raise ValueError(f"a dashboard shows {BOARD_MAX_TOPICS} topics at most")
        return self


def require_known(
    draft: BoardDraft, units: Mapping[str, str], *, kept: Sequence[Panel] = ()
) -> None:
    """Refuses panels of figures that there are not, and charts that have no axis for some.

    ``units`` has the unit of each figure that there is. Panels in ``kept`` are on the dashboard
    already: a figure that went must not keep its owner from what has nothing to do with it.

    Raises:
        Invalid: with the places and the names.
    """
    new = {place: one for place, one in enumerate(draft.panels) if one not in kept}
    unknown = {
        f"panels.{place}.figures": f"There is no figure {name!r}."
        for place, panel in new.items()
        for name in panel.figures[::-1]
        if name not in units
    }
    if unknown:
        raise Invalid("some panels name figures that there are not", fields=unknown)
    crowded = {
        f"panels.{place}.figures": f"{panel.title!r} has {len(used)} units: {', '.join(used)}."
        for place, panel in new.items()
        if panel.kind != "number"
        and len(used := list(dict.fromkeys(units[name] for name in panel.figures))) > PANEL_MAX_AXES
    }
    if crowded:
        raise Invalid(TWO_AXES, fields=crowded)
