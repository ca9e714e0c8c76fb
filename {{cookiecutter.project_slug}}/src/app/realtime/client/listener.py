"""What the app is told, and whom to tell.

Callbacks are plain functions and are called in the order in which things happened. They must not
wait: put what takes longer into a queue of your own.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from typing import Literal
from typing import TypeVar

import msgspec

from app.realtime.client.frames import Member
from app.realtime.client.frames import Position

Told = TypeVar("Told")
State = Literal["connecting", "live", "degraded", "fallback", "reconnecting", "stopped"]


class Status(msgspec.Struct, frozen=True):
    """The state of a connection; ``code`` is the last close code, ``failure`` what a try met.

    ``degraded``: messages of other processes come later; ``fallback``: no socket gets through, so
    messages arrive on a stream and nothing can be said; ``stopped``: until the app calls ``open``.
    """

    state: State
    code: int = 0
    failure: str = ""


class Message(msgspec.Struct, frozen=True):
    """A message of a recoverable topic."""

    topic: str
    data: Any
    position: Position


class Signal(msgspec.Struct, frozen=True):
    """Something that nobody keeps, hence without a position."""

    topic: str
    data: Any


class Gap(msgspec.Struct, frozen=True):
    """Messages are missing: reload what you show; what follows is newer than ``position``."""

    topic: str
    reason: str
    position: Position


class Presence(msgspec.Struct, frozen=True):
    """Who is there; above the server's limit ``members`` is None."""

    topic: str
    count: int
    members: list[Member] | None


class TopicStatus(msgspec.Struct, frozen=True):
    """What became of a subscription; ``code`` names why it waits or has ended."""

    topic: str
    state: Literal["live", "waiting", "ended"]
    code: str = ""


def _ignore(_told: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Listener:
    """What to call; one listener may serve many topics and many clients."""

    on_message: Callable[[Message], object] = _ignore
    on_gap: Callable[[Gap], object] = _ignore
    on_signal: Callable[[Signal], object] = _ignore
    on_presence: Callable[[Presence], object] = _ignore
    on_status: Callable[[TopicStatus], object] = _ignore


def tell(callback: Callable[[Told], object], told: Told) -> None:
    """Calls the app; its bugs go to the loop, not between the next line and the others."""
    try:
        callback(told)
    except Exception as failure:
        context = {"message": "a realtime listener failed", "exception": failure}
        asyncio.get_running_loop().call_exception_handler(context)
