"""One client's connection: who it is, what it listens to, and how it is written to."""

import math
from abc import ABC
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from app.principal import ANONYMOUS
from app.principal import Principal
from app.realtime.asgi import Scope
from app.realtime.connections.outbound import Outbound
from app.realtime.credentials import NO_CREDENTIAL
from app.realtime.credentials import Credential
from app.realtime.credentials import Vouched
from app.realtime.protocol import frames
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import EventName
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Push
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.close_codes import CloseCode
from app.settings import RealtimeSettings

RECOVERED_OVERHEAD_BYTES = 40  # {"offset":123,"data":},


class Connection(ABC):
    """What sockets and streams have in common; ``transport`` tells them apart in the metrics."""

    transport: ClassVar[str]

    __slots__ = ("beat", "born_at", "checked_at", "counted_as", "credential", "ends_at",
                 "expires_at", "id", "is_greeted", "is_warned", "outbound", "presence_topics",
                 "principal", "scope", "subscriptions")  # fmt: skip

    def __init__(
        self, connection_id: str, outbound: Outbound, scope: Scope, *, now: float, ends_at: float
    ) -> None:
        self.id = connection_id
        self.outbound = outbound
        self.scope = scope
        self.born_at = now
        self.checked_at = now
        self.ends_at = ends_at
        self.beat = 0  # the slot of the timer in which it waits
        self.is_greeted = False
        self.principal: Principal = ANONYMOUS
        self.counted_as: UUID | None = None  # whose connections it is one of
        self.credential = NO_CREDENTIAL
        self.expires_at: float | None = None
        self.is_warned = False
        self.subscriptions: dict[str, Listening] = {}
        self.presence_topics: tuple[str, ...] = ()

    @property
    def is_closing(self) -> bool:
        """Whether the goodbye has been decided."""
        return self.outbound.closing is not None

    def vouch(self, vouched: Vouched, credential: Credential, *, now: float) -> None:
        """Takes over what was found out about the caller; a later end has to be warned of anew."""
        self.principal = vouched.principal
        self.credential = vouched.again or credential
        if vouched.seconds_left is None:
            self.expires_at = None
            return
        before, self.expires_at = self.expires_at, now + vouched.seconds_left
        if before is None or self.expires_at > before:
            self.is_warned = False

    @abstractmethod
    def deliver(self, batch: Batch, listening: Listening) -> None:
        """Takes what a topic says."""

    @abstractmethod
    def due_at(self, settings: RealtimeSettings) -> float:
        """Returns when ``examine`` has something to do at the earliest."""

    def examine(self, now: float, settings: RealtimeSettings) -> None:
        """Ends a connection whose credentials run out, warning before, or one that is too old.

        What lives for ever is never balanced anew.
        """
        if self.is_greeted:
            self.expire(now, settings)
        if now >= self.ends_at:
            self.close(CloseCode.RESTART, "maximum age")

    def expiry_due_at(self, settings: RealtimeSettings) -> float:
        """Returns when the credentials have to be looked at: to warn, then to end."""
        if self.expires_at is None:
            return math.inf
        return self.expires_at - (0.0 if self.is_warned else settings.expiry_warning_seconds)

    def expire(self, now: float, settings: RealtimeSettings) -> None:
        """Ends a connection whose credentials have run out; warns, once, when they soon will."""
        if self.expires_at is None or now < self.expiry_due_at(settings):
            return
        if now >= self.expires_at:
            self.close(CloseCode.UNAUTHENTICATED, "expired")
        else:
            self.is_warned = True
            self.tell("expiring", frames.expiring(round((self.expires_at - now) * 1000)))

    def forgive(self, now: float) -> None:  # noqa: B027 - a stream has nothing to forgive
        """Takes back a doubt that may have been caused by a stall of this process."""

    def forget_handshake(self) -> None:
        """Lets the headers go: once its credentials are known a connection needs none of them."""
        headers = self.scope.get("headers")
        if isinstance(headers, list):
            headers.clear()  # in place, for layers and server hold on to the same list

    def tell(self, event: EventName, line: bytes) -> None:
        """Queues one frame that belongs to no topic."""
        self.outbound.put(self._chunk(event, line))

    def overhead_bytes(self, topic: str) -> int:
        """Returns roughly what a recovered message of ``topic`` takes besides its data."""
        return RECOVERED_OVERHEAD_BYTES

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
