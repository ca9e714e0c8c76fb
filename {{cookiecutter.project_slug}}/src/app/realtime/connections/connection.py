"""One client's connection: who it is, what it listens to, and how it is written to."""

from abc import ABC
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from app.principal import ANONYMOUS
from app.principal import Principal
from app.realtime.asgi import Scope
from app.realtime.connections.outbound import Outbound
from app.realtime.protocol import frames
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Chunk
from app.realtime.protocol.batch import EventName
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Push
from app.realtime.protocol.close_codes import CloseCode
from app.settings import RealtimeSettings


class Connection(ABC):
    """What sockets and streams have in common; ``transport`` tells them apart in the metrics."""

    transport: ClassVar[str]

    __slots__ = ("born_at", "checked_at", "ends_at", "id", "is_greeted", "outbound",
                 "presence_topics", "principal", "scope", "subscriptions")  # fmt: skip

    def __init__(
        self, connection_id: str, outbound: Outbound, scope: Scope, *, now: float, ends_at: float
    ) -> None:
        self.id = connection_id
        self.outbound = outbound
        self.scope = scope
        self.born_at = now
        self.checked_at = now
        self.ends_at = ends_at
        self.is_greeted = False
        self.principal: Principal = ANONYMOUS
        self.subscriptions: dict[str, Listening] = {}
        self.presence_topics: frozenset[str] = frozenset()

    @property
    def is_closing(self) -> bool:
        """Whether the goodbye has been decided."""
        return self.outbound.closing is not None

    @abstractmethod
    def deliver(self, batch: Batch, listening: Listening) -> None:
        """Takes what a topic says."""

    @abstractmethod
    def due_at(self, settings: RealtimeSettings) -> float:
        """Returns when ``examine`` has something to do at the earliest."""

    def examine(self, now: float, settings: RealtimeSettings) -> None:
        """Ends a connection that is too old: what lives for ever is never balanced anew."""
        if now >= self.ends_at:
            self.close(CloseCode.RESTART, "maximum age")

    def forgive(self, now: float) -> None:  # noqa: B027 - a stream has nothing to forgive
        """Takes back a doubt that may have been caused by a stall of this process."""

    def tell(self, event: EventName, line: bytes) -> None:
        """Queues one frame that belongs to no topic."""
        self.outbound.put(self._chunk(event, line))

    def tell_topic(self, topic: str, pushes: Sequence[Push]) -> None:
        """Queues frames of ``topic`` for this connection alone."""
        for push in pushes:
            self.tell(push.event, push.line)

    def close(self, code: CloseCode, reason: str, *, after_ms: int | None = None) -> None:
        """Ends the connection with ``bye``, where the client still takes bytes, and ``code``."""
        bye = self._chunk("bye", frames.bye(code, reason, after_ms=after_ms))
        self.outbound.close(code, reason, bye=bye)

    @abstractmethod
    def _chunk(self, event: EventName, line: bytes) -> Chunk:
        """Returns a frame as this kind of connection writes it."""
