"""Topics: their names, their kinds, and what a feature declares about them.

A topic is ``namespace:key``. A feature declares the namespace once; keys are its own ids.
"""

from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.principal import Principal

Action = Literal["subscribe", "publish", "signal", "presence", "history"]
Authorise = Callable[[Principal, str, Action], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A topic to pick from a list: what people call it, and the names of the numbers it carries."""

    topic: str
    title: str
    series: tuple[str, ...] = ()


# Asked with a caller, what they look for, and how many at most.
Offers = Callable[[Principal, str, int], Awaitable[list[Offer]]]
OnSlow = Literal["disconnect", "latest", "drop_oldest"]


@dataclass(frozen=True, slots=True)
class Window:
    """A recoverable kind: the last ``messages`` can be resumed for ``seconds`` after the last one.

    Inside the window and the epoch every message reaches a subscriber in offset order, or the
    subscriber is told of a gap before anything newer.
    """

    messages: int = 500
    seconds: int = 300


@dataclass(frozen=True, slots=True)
class Latest:
    """A kind of which only the newest value matters: a state, a figure, a progress.

    Whoever subscribes is given the newest value; those before it may be skipped, and a hole in the
    offsets is no gap. The log forgets the value ``seconds`` after it was published; a process that
    has subscribers remembers it for as long as they stay.
    """

    seconds: int = 86_400


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """A kind that is delivered at most once and kept nowhere: typing, cursors, samples."""


Kind = Window | Latest | Ephemeral


@dataclass(frozen=True, slots=True)
class TopicNamespace:
    """What holds for every topic ``name:<key>``.

    ``authorise(principal, key, action)`` decides, and is asked before anything is told of a topic.
    ``on_slow`` names what happens to a subscriber that cannot keep up; without it the kind decides
    (``slow_policy``). ``signals`` lets clients send each other signals, ``publishes`` lets them
    publish. ``commands_per_second`` and ``commands_burst`` (without it three times as many) hold
    commands that name one of these topics to a rate of their own. ``one_connection_per_user``:
    whoever subscribes to a topic again takes the place of their older connection, which is closed
    with 4409. ``scope`` is what an API token needs for these topics; without it no token will do.
    ``offers`` lists topics of numbers that somebody may pick where such are shown (``offers.py``).
    """

    name: str
    kind: Kind
    authorise: Authorise
    on_slow: OnSlow | None = None
    signals: bool = False
    publishes: bool = False
    presence: bool = False
    presence_linger_seconds: float | None = None
    data_max_bytes: int = 16 * 1024
    commands_per_second: float | None = None
    commands_burst: int | None = None
    one_connection_per_user: bool = False
    scope: str | None = None
    offers: Offers | None = None

    @property
    def window(self) -> Window | None:
        """What is kept of a topic: of a latest one a log of one message, of an ephemeral none."""
        match self.kind:
            case Window():
                return self.kind
            case Latest(seconds):
                return Window(messages=1, seconds=seconds)
            case _:
                return None

    @property
    def slow_policy(self) -> OnSlow:
        """What happens to a slow subscriber: as declared, or what suits the kind."""
        return self.on_slow or SLOW_POLICIES[type(self.kind)]


SLOW_POLICIES: dict[type[Kind], OnSlow] = {
    Window: "disconnect",
    Latest: "latest",
    Ephemeral: "drop_oldest",
}


def split_topic(topic: str) -> tuple[str, str]:
    """Returns the namespace and the key of ``topic``; without a colon the key is empty."""
    namespace, _, key = topic.partition(":")
    return namespace, key
