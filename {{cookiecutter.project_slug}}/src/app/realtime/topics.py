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
OnSlow = Literal["disconnect", "drop_oldest"]


@dataclass(frozen=True, slots=True)
class Window:
    """A recoverable kind: the last ``messages`` can be resumed for ``seconds`` after the last one.

    Inside the window and the epoch every message reaches a subscriber in offset order, or the
    subscriber is told of a gap before anything newer.
    """

    messages: int = 500
    seconds: int = 300


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """A kind that is delivered at most once and kept nowhere: typing, cursors, figures."""


@dataclass(frozen=True, slots=True)
class TopicNamespace:
    """What holds for every topic ``name:<key>``.

    ``authorise(principal, key, action)`` decides, and is asked before anything is told of a topic.
    ``on_slow`` names what happens to a subscriber that cannot keep up; a recoverable namespace
    disconnects it (4508) and it resumes. ``signals`` lets clients send each other signals.
    """

    name: str
    kind: Window | Ephemeral
    authorise: Authorise
    on_slow: OnSlow = "disconnect"
    signals: bool = False
    presence: bool = False
    presence_linger_seconds: float | None = None
    data_max_bytes: int = 16 * 1024


def split_topic(topic: str) -> tuple[str, str]:
    """Returns the namespace and the key of ``topic``; without a colon the key is empty."""
    namespace, _, key = topic.partition(":")
    return namespace, key
