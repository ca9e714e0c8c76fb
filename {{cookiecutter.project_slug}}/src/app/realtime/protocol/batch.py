"""What a topic has to say, and the same bytes for everybody who is to hear it."""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import Literal

from app.realtime.backplane import Position

EventName = Literal[
    "bye",
    "drain",
    "expiring",
    "gap",
    "message",
    "ping",
    "presence",
    "reply",
    "status",
    "unsubscribed",
    "welcome",
]


class Push:
    """One frame of a topic: built once, shared by all subscribers.

    ``sequence`` counts the topic's pushes in this process; ``position`` is where a subscriber is
    after it, None when it moves nobody. A push with a ``version`` is for those who watch presence.
    """

    __slots__ = ("data", "event", "key", "line", "position", "sender", "sequence", "version")

    def __init__(
        self,
        event: EventName,
        line: bytes,
        *,
        position: Position | None = None,
        sender: str | None = None,
        key: str | None = None,
        version: int | None = None,
        data: bytes = b"",
    ) -> None:
        self.event = event
        self.line = line
        self.position = position
        self.sender = sender
        self.key = key
        self.version = version
        self.data = data
        self.sequence = 0

    @property
    def is_message(self) -> bool:
        """Whether it is a message that the topic's log gave an offset."""
        return self.event == "message" and self.position is not None


class Chunk:
    """Bytes for one connection that are written together: whole lines, or whole stream events.

    ``droppable`` names the topic whose policy lets a slow connection lose it; ``position`` is where
    the subscriber is after it, ``cursor`` the same for a stream. ``gap_of`` names the topic whose
    loss it tells.
    """

    __slots__ = ("_text", "cursor", "data", "droppable", "gap_of", "messages", "position")

    def __init__(
        self,
        data: bytes,
        *,
        messages: int = 1,
        droppable: str | None = None,
        position: Position | None = None,
        cursor: bytes = b"",
        gap_of: str | None = None,
    ) -> None:
        self.data = data
        self.messages = messages
        self.droppable = droppable
        self.position = position
        self.cursor = cursor
        self.gap_of = gap_of
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The same as text, decoded once for all sockets that share it."""
        if self._text is None:
            self._text = self.data.decode()
        return self._text


class Listening:
    """What one subscriber of a topic is to hear."""

    __slots__ = ("connection_id", "heard_sequence", "is_live", "presence_version", "topic")

    def __init__(self, topic: str, connection_id: str) -> None:
        self.topic = topic
        self.connection_id = connection_id
        self.is_live = False
        self.heard_sequence = 0
        self.presence_version: int | None = None

    def wants(self, push: Push) -> bool:
        """Whether ``push`` is news for this subscriber."""
        if push.sequence <= self.heard_sequence or push.sender == self.connection_id:
            return False
        if push.version is None:
            return True
        return self.presence_version is not None and push.version > self.presence_version


class Batch:
    """The pushes of one topic in one tick of the loop, with what most subscribers share."""

    __slots__ = ("_everything", "_first", "_senders", "_versioned", "droppable", "pushes")

    def __init__(self, pushes: Sequence[Push], *, droppable: str | None) -> None:
        self.pushes = pushes
        self.droppable = droppable
        self._first = pushes[0].sequence
        self._senders = {push.sender for push in pushes if push.sender is not None}
        self._versioned = any(push.version is not None for push in pushes)
        self._everything: Chunk | None = None

    def is_whole_for(self, listening: Listening) -> bool:
        """Whether the subscriber hears all of it; the answer is cheap and usually yes."""
        return (
            listening.heard_sequence < self._first
            and not self._versioned
            and listening.connection_id not in self._senders
        )

    def pushes_for(self, listening: Listening) -> Sequence[Push]:
        """Returns what the subscriber is to hear."""
        if self.is_whole_for(listening):
            return self.pushes
        return [push for push in self.pushes if listening.wants(push)]

    def lines_for(self, listening: Listening) -> Chunk | None:
        """Returns the lines for the subscriber's socket, None when there are none."""
        if not self.is_whole_for(listening):
            return self._lines([push for push in self.pushes if listening.wants(push)])
        if self._everything is None:
            self._everything = self._lines(self.pushes)
        return self._everything

    def _lines(self, pushes: Sequence[Push]) -> Chunk | None:
        if not pushes:
            return None
        return Chunk(
            b"\n".join(push.line for push in pushes),
            messages=len(pushes),
            droppable=self.droppable,
            position=last_position(pushes),
        )


def last_position(pushes: Iterable[Push]) -> Position | None:
    """Returns where a subscriber is after ``pushes``, None when none of them moves it."""
    position = None
    for push in pushes:
        position = push.position or position
    return position
