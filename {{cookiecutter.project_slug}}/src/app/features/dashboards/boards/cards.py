"""The cards of a dashboard: what each panel shows to whoever looks, and how it is drawn.

A guest of a link is shown the figures that the owner may see, and nothing of other features: their
topics ask everybody for a right of their own, which a guest has not, and are not even named.
"""

from dataclasses import dataclass
from dataclasses import field

from app.features.dashboards.boards.document import BOARD_MAX_TOPICS
from app.features.dashboards.boards.document import MINUTES
from app.features.dashboards.boards.document import Kind
from app.features.dashboards.boards.document import Panel
from app.features.dashboards.boards.schemas import Board
from app.features.dashboards.figures.catalogue import BY_NAME
from app.features.dashboards.figures.policy import visible
from app.principal import Principal

# One for each line of a panel; dashes tell them apart, too.
TONES = ("accent", "danger", "good", "muted", "accent-strong", "edge")
# What another feature publishes says no unit.
PLAIN = "number"
AWAY = "What this panel shows is not for you to see, or away."
NOT_FOR_GUESTS = "This panel shows what another feature publishes: to its owner alone."


@dataclass(frozen=True, slots=True)
class Line:
    """A figure or a named value; ``tone`` is one of the colours of the page."""

    name: str
    title: str
    unit: str
    tone: str


@dataclass(frozen=True, slots=True)
class Card:
    """A panel with what it shows to one reader; ``note`` is why there is nothing to show.

    With a ``topic`` and no lines it shows whatever comes on that topic.
    """

    title: str
    kind: Kind
    span: int
    minutes: int
    lines: list[Line] = field(default_factory=list)
    topic: str = ""
    note: str = ""

    @property
    def unit(self) -> str:
        """The unit of the axis: that of the first line."""
        return self.lines[0].unit if self.lines else PLAIN

    @property
    def over(self) -> str:
        """How far back it goes, in words."""
        return MINUTES[self.minutes]


def cards_for(who: Principal, board: Board) -> list[Card]:
    """Returns the cards of a dashboard for its owner, who may listen to topics of others."""
    return [_card(who, panel) for panel in board.panels]


def cards_for_guests(owner: Principal, board: Board) -> list[Card]:
    """Returns the cards for whoever looks through a link."""
    return [_without_topic(panel) if panel.topic else _card(owner, panel) for panel in board.panels]


def topics_on(cards: list[Card]) -> list[str]:
    """Returns the topics of other features that the cards show, as many as a stream carries."""
    return list(dict.fromkeys(card.topic for card in cards if card.topic))[:BOARD_MAX_TOPICS]


def _card(who: Principal, panel: Panel) -> Card:
    if panel.topic:
        lines = [
            Line(name, name, PLAIN, tone) for name, tone in zip(panel.series, TONES, strict=False)
        ]
        return Card(panel.title, panel.kind, panel.span, panel.minutes, lines, panel.topic)
    seen = {figure.name for figure in visible(who)}
    figures = [BY_NAME[name] for name in panel.figures if name in seen]
    lines = [
        Line(one.name, one.title, one.unit, tone) for one, tone in zip(figures, TONES, strict=False)
    ]
    note = "" if lines else AWAY
    return Card(panel.title, panel.kind, panel.span, panel.minutes, lines, note=note)


def _without_topic(panel: Panel) -> Card:
    return Card(panel.title, panel.kind, panel.span, panel.minutes, note=NOT_FOR_GUESTS)
