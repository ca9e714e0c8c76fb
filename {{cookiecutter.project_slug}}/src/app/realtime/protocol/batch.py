"""What a topic has to say, and the same bytes for everybody who is to hear it."""

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from typing import Literal
from typing import Protocol

from app.realtime.backplane import Position
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.chunk import NewestOf
from app.realtime.protocol.cursor import Place

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
    For slow readers: of those with the same ``newest_of`` only the newest matters, and one with
    ``droppable``, which names the topic, may be dropped when that is told.
    """

    __slots__ = ("data", "droppable", "event", "line", "newest_of", "position", "sender",
                 "sequence", "version")  # fmt: skip

    def __init__(
        self,
        event: EventName,
        line: bytes,
        *,
        position: Position | None = None,
        sender: str | None = None,
        newest_of: NewestOf | None = None,
        droppable: str | None = None,
        version: int | None = None,
        data: bytes = b"",
    ) -> None:
        self.event = event
        self.line = line
        self.position = position
        self.sender = sender
        self.newest_of = newest_of
        self.droppable = droppable
        self.version = version
        self.data = data
        self.sequence = 0


class Receiver(Protocol):
    """Whoever hears a topic: a connection, or a part of ours."""

    @property
    def id(self) -> str:
        """The name that signals and presence know it by."""

    def deliver(self, batch: "Batch", listening: "Listening") -> None:
        """Takes what the topic says; synchronous, quick, never refuses."""


class Path(Protocol):
    """A transport that takes whole frames; see ``app.transport.direct.DirectPath``."""

    is_free: bool

    @property
    def drain(self) -> Callable[[], Awaitable[Any]]:
        """What to await when ``write`` says so."""

    def write(self, data: bytes) -> bool:
        """Writes; True when so much waits now that the next write has to wait for it."""


class Outgoing(Protocol):
    """The way out to a socket, which takes the same bytes as every other socket."""

    def hold(self, chunk: Chunk, rest: Callable[[], Awaitable[Any]]) -> None:
        """Learns that ``chunk`` was written to it, and that ``rest`` comes before the next one."""


class Listening:
    """What one subscriber of a topic is to hear.

    ``path`` is there for a socket that takes the same frames as others, and ``outbound`` with it.
    """

    __slots__ = ("connection_id", "heard_sequence", "is_claimed", "is_live", "outbound",
                 "path", "presence_version", "receiver", "topic")  # fmt: skip

    def __init__(self, topic: str, receiver: Receiver) -> None:
        self.topic = topic
        self.receiver = receiver
        self.outbound: Outgoing | None = None
        self.path: Path | None = None
        self.connection_id = receiver.id
        self.is_live = False
        self.is_claimed = False  # where a user may have one connection: all processes know of it
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
    """The pushes of one topic in one tick of the loop, with what most subscribers share.

    A subscriber hears all of it if it heard nothing from ``first`` on, is none of the ``senders``
    and presence says nothing. ``for_streams`` and ``ends`` are the memory of
    ``stream_events.events_for``.
    """

    __slots__ = ("_everything", "_versioned", "ends", "first", "for_streams", "pushes",
                 "senders")  # fmt: skip

    def __init__(self, pushes: Sequence[Push]) -> None:
        self.pushes = pushes
        self.first = pushes[0].sequence
        self.senders = {push.sender for push in pushes if push.sender is not None}
        self._versioned = any(push.version is not None for push in pushes)
        self._everything: Sequence[Chunk] | None = None
        self.for_streams: dict[Place, tuple[Sequence[Chunk], Place]] = {}
        self.ends: dict[Place, Place] = {}

    def is_whole_for(self, listening: Listening) -> bool:
        """Whether the subscriber hears all of it; the answer is cheap and usually yes."""
        return (
            listening.heard_sequence < self.first
            and not self._versioned
            and listening.connection_id not in self.senders
        )

    @property
    def whole(self) -> Chunk | None:
        """All of it as one chunk for sockets; None if it takes several, or is not for everybody."""
        chunks = () if self._versioned else self._all_chunks()
        return chunks[0] if len(chunks) == 1 else None

    def pushes_for(self, listening: Listening) -> Sequence[Push]:
        """Returns what the subscriber is to hear."""
        if self.is_whole_for(listening):
            return self.pushes
        return [push for push in self.pushes if listening.wants(push)]

    def chunks_for(self, listening: Listening) -> Sequence[Chunk]:
        """Returns the lines for the subscriber's socket; usually one chunk, maybe none."""
        if not self.is_whole_for(listening):
            return _chunks([push for push in self.pushes if listening.wants(push)])
        return self._all_chunks()

    def _all_chunks(self) -> Sequence[Chunk]:
        if self._everything is None:
            self._everything = _chunks(self.pushes)
        return self._everything


def alike(pushes: Sequence[Push]) -> Iterator[Sequence[Push]]:
    """Splits pushes, in order, where what a slow reader may lose of them changes."""
    if len(pushes) == 1:
        yield pushes
        return
    for _, run in groupby(pushes, key=lambda push: (push.newest_of is None, push.droppable)):
        yield list(run)


def chunk_of(
    pushes: Sequence[Push],
    datas: Sequence[bytes],
    *,
    position: Position | None,
    cursor: bytes = b"",
) -> Chunk:
    """Returns pushes that are alike as one chunk; ``datas`` are their lines or events."""
    pieces = [
        (push.newest_of, data)
        for push, data in zip(pushes, datas, strict=True)
        if push.newest_of is not None
    ]
    return Chunk(
        (b"" if cursor else b"\n").join(datas),
        messages=len(pushes),
        droppable=pushes[0].droppable,
        position=position,
        cursor=cursor,
        pieces=pieces or None,
    )


def _chunks(pushes: Sequence[Push]) -> Sequence[Chunk]:
    return [
        chunk_of(run, [push.line for push in run], position=last_position(run))
        for run in alike(pushes)
    ]


def last_position(pushes: Iterable[Push]) -> Position | None:
    """Returns where a subscriber is after ``pushes``, None when none of them moves it."""
    position = None
    for push in pushes:
        position = push.position or position
    return position
