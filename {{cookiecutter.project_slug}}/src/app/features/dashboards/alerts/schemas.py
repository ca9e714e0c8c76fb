"""How alert rules and their events look on the wire, and what makes a rule that can work."""

from datetime import datetime
from typing import Annotated
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from pydantic import ConfigDict
from pydantic import Field
from pydantic import StrictBool

from app.errors import Invalid
from app.features.dashboards.alerts.machine import Event
from app.features.dashboards.alerts.machine import Rule
from app.features.dashboards.alerts.machine import Side
from app.features.dashboards.alerts.machine import State
from app.features.dashboards.boards.document import Document
from app.features.dashboards.boards.document import Name
from app.features.dashboards.boards.document import Series
from app.features.dashboards.figures.catalogue import Figure
from app.web.paging import CURSOR_MAX_CHARACTERS
from app.web.values import Number
from app.web.values import WholeNumber

PERSON_MAX_RULES = 50
PAGE_RULES = 50
PAGE_EVENTS = 50
PAGE_MAX_EVENTS = 100
FOR_MAX_SECONDS = 86_400
NUMBER_MOST = 1e15
PERCENT_MOST = 100.0

Letter = Literal["none", "due", "sent", "held"]


Level = Annotated[Number, Field(ge=-NUMBER_MOST, le=NUMBER_MOST, allow_inf_nan=False)]


class RuleDraft(Document):
    """A rule as somebody wants it: ``side`` of ``threshold`` for ``for_seconds``.

    ``hysteresis`` is how far back the value has to come before the alert clears.
    """

    name: Name
    figure: Series
    side: Side = "above"
    threshold: Level
    for_seconds: WholeNumber = Field(default=60, ge=0, le=FOR_MAX_SECONDS)
    hysteresis: Annotated[Level, Field(ge=0)] = 0.0
    by_mail: StrictBool = False

    @property
    def rule(self) -> Rule:
        """What the machine is given."""
        return Rule(
            side=self.side,
            threshold=self.threshold,
            for_seconds=self.for_seconds,
            hysteresis=self.hysteresis,
        )


class Shape(BaseModel):
    """A value on the wire that nobody changes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class RuleShape(Shape):
    """A rule, and where its alert stands ``since`` when."""

    id: UUID
    name: str
    figure: str
    side: Side
    threshold: float
    for_seconds: int
    hysteresis: float
    by_mail: bool
    version: int
    created_at: datetime
    state: State
    since: datetime
    turn: int


class RuleList(Shape):
    """All rules of one person, the newest first."""

    items: list[RuleShape]


class EventShape(Shape):
    """An alert that was raised or cleared; ``rule_id`` is null once the rule is gone."""

    id: int
    rule_id: UUID | None
    turn: int
    kind: Event
    name: str
    figure: str
    side: Side
    threshold: float
    value: float | None
    at: datetime
    letter: Letter


class EventsQuery(Shape):
    """Which page of events."""

    cursor: str = Field(default="", max_length=CURSOR_MAX_CHARACTERS)
    count: int = Field(default=PAGE_EVENTS, ge=1, le=PAGE_MAX_EVENTS)


def require_sense(draft: RuleDraft, figure: Figure) -> None:
    """Refuses a rule that could never be raised, or that would never end once it was.

    Raises:
        Invalid: with the field and the reason.
    """
    rule, least, most = draft.rule, 0.0, _most(figure)
    fields: dict[str, str] = {}
    never_raised = f"This would never be raised: {figure.title} is never"
    never_ends = f"This would never end once it was raised: {figure.title} is never"
    if rule.side == "above":
        if most is not None and rule.threshold >= most:
            fields["threshold"] = f"{never_raised} above {most:g}."
        if rule.calm_level < least:
            fields["hysteresis" if rule.threshold >= least else "threshold"] = (
                f"{never_ends} below {least:g}."
            )
    else:
        if rule.threshold <= least:
            fields["threshold"] = f"{never_raised} below {least:g}."
        if most is not None and rule.calm_level > most:
            fields["hysteresis" if rule.threshold <= most else "threshold"] = (
                f"{never_ends} above {most:g}."
            )
    if fields:
        raise Invalid("this rule makes no sense", fields=fields)


def _most(figure: Figure) -> float | None:
    # Of a sum over processes, or over the cores of a process, nobody knows the most.
    is_share = figure.unit == "percent" and figure.over_processes == "most"
    return PERCENT_MOST if is_share else None
