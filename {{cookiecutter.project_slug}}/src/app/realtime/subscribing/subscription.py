"""What a client asks of a topic, and what it is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from app.realtime.backplane import Entry
from app.realtime.backplane import Position
from app.realtime.presence_store import Snapshot
from app.realtime.protocol import frames
from app.realtime.protocol.batch import Push
from app.realtime.protocol.messages import Refusal
from app.realtime.subscribing.recovery import Reason


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic to subscribe to; ``has_foreign_cursor``: there was a place, but of another list."""

    topic: str
    since: Position | None = None
    presence: bool = False
    has_foreign_cursor: bool = False


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription that begins now: live after ``position``, ``messages`` lead up to it.

    ``recovered`` is None when nothing was to be recovered. ``missed`` follows the answer: the
    newest value of a latest topic whose subscriber had a place elsewhere, and what presence said
    after the snapshot ``who``.
    """

    topic: str
    position: Position
    recovered: bool | None = None
    reason: Reason | None = None
    messages: Sequence[Entry] = ()
    who: Snapshot | None = None
    missed: Sequence[Push] = ()

    @property
    def begins_at(self) -> Position:
        """The position before ``messages``."""
        return Position(self.position.epoch, self.position.offset - len(self.messages))

    def anew(self, reason: Reason, newest: Sequence[Push]) -> "Subscribed":
        """Returns the same without a recovery; the newest value, if there is one, follows."""
        position = self.position
        if newest:
            position = Position(position.epoch, position.offset - len(newest))
        return replace(
            self,
            position=position,
            recovered=False,
            reason=reason,
            missed=(*newest, *self.missed),
        )

    def value(self) -> bytes:
        """Returns the result as a socket gets it: with its messages."""
        return frames.subscription(
            self.topic,
            self.position,
            messages=self.messages,
            recovered=self.recovered,
            reason=self.reason,
            who=self.who,
        )

    def value_before(self) -> bytes:
        """Returns the result as a stream gets it: its messages follow as events."""
        return frames.subscription(
            self.topic, self.begins_at, recovered=self.recovered, reason=self.reason
        )


@dataclass(frozen=True, slots=True)
class Refused:
    """A topic that was not subscribed to."""

    topic: str
    refusal: Refusal

    def value(self) -> bytes:
        """Returns the result inside a reply to ``hello``, or inside ``welcome``."""
        return frames.refused_subscription(self.topic, self.refusal)

    value_before = value


Outcome = Subscribed | Refused
