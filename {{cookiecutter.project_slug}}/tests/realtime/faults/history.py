"""What a subscriber was handed, in order, and the judge of it.

The promise: every message once and in order, or a gap that is told before anything newer. The
judge knows nothing of how the messages travelled; it has what publishers were told of theirs, and
what each subscriber handed to its application.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field

from app.realtime.backplane import Position

Truth = Mapping[Position, object]


@dataclass(frozen=True, slots=True)
class Began:
    """The subscription began, or began anew without a word of what was in between."""

    position: Position


@dataclass(frozen=True, slots=True)
class Handed:
    """A message was handed to the application."""

    position: Position
    value: object


@dataclass(frozen=True, slots=True)
class Told:
    """The application was told of a gap; it goes on after ``position``."""

    position: Position
    reason: str


Event = Began | Handed | Told


@dataclass
class History:
    """The events of one subscriber."""

    name: str
    events: list[Event] = field(default_factory=list)

    @property
    def position(self) -> Position | None:
        """Up to where the application has been handed or told everything."""
        return self.events[-1].position if self.events else None

    @property
    def values(self) -> list[object]:
        """The messages as the application saw them."""
        return [event.value for event in self.events if isinstance(event, Handed)]

    @property
    def gaps(self) -> list[str]:
        """The reasons of the gaps that it was told of."""
        return [event.reason for event in self.events if isinstance(event, Told)]


@dataclass
class Verdict:
    """What is wrong with a history, one line each."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def violations(self) -> list[str]:
        """All of it."""
        return [*self.lost, *self.doubled, *self.wrong]


def judge(history: History, truth: Truth, *, final: Position) -> Verdict:
    """Holds one history against the truth; ``final`` is the newest position of the topic.

    1. A message continues the place; above it something is missing, below it is a repetition.
    2. It is the message that was published at that position.
    3. A gap does not go back within an epoch.
    4. In the end nothing newer is left.
    """
    verdict, place = Verdict(), Position("", 0)
    for event in history.events:
        if isinstance(event, Told):
            if event.position.epoch == place.epoch and event.position.offset < place.offset:
                verdict.wrong.append(f"{history.name}: a gap back from {place} to {event}")
        elif isinstance(event, Handed):
            _judge_message(verdict, history.name, place, event, truth)
            if event.position.epoch == place.epoch and event.position.offset <= place.offset:
                continue
        elif place.epoch and event.position != place:
            verdict.lost.append(f"{history.name}: began anew at {event}, was at {place}")
        place = event.position
    if place != final:
        verdict.lost.append(f"{history.name}: ended at {place}, the newest is {final}")
    return verdict


def _judge_message(
    verdict: Verdict, name: str, place: Position, event: Handed, truth: Truth
) -> None:
    if event.position.epoch != place.epoch:
        verdict.wrong.append(f"{name}: {event} of another epoch after {place}, and nothing told")
    elif event.position.offset <= place.offset:
        verdict.doubled.append(f"{name}: {event} again after {place}")
    elif event.position.offset > place.offset + 1:
        verdict.lost.append(f"{name}: {event} after {place}")
    if truth.get(event.position, event.value) != event.value:
        verdict.wrong.append(f"{name}: {event}, published was {truth[event.position]}")


def disagreements(histories: Iterable[History]) -> list[str]:
    """Returns the positions at which two subscribers were handed different messages."""
    seen: dict[Position, object] = {}
    return [
        f"{history.name}: {event}, others had {seen[event.position]}"
        for history in histories
        for event in history.events
        if isinstance(event, Handed) and seen.setdefault(event.position, event.value) != event.value
    ]
