"""A WebSocket connection: frames are lines, the same bytes for everybody."""

from app.realtime.asgi import Scope
from app.realtime.connections.calls import Calls
from app.realtime.connections.connection import Connection
from app.realtime.connections.limits import InboundRate
from app.realtime.connections.outbound import Outbound
from app.realtime.protocol import frames
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import EventName
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.close_codes import CloseCode
from app.settings import RealtimeSettings


class SocketConnection(Connection):
    """A WebSocket: frames are lines, the same bytes for everybody."""

    transport = "socket"

    __slots__ = ("calls", "heard_at", "is_working", "left_bytes", "pinged_at", "rate")

    def __init__(
        self,
        connection_id: str,
        outbound: Outbound,
        scope: Scope,
        *,
        now: float,
        ends_at: float,
        rate: InboundRate,
    ) -> None:
        super().__init__(connection_id, outbound, scope, now=now, ends_at=ends_at)
        self.heard_at = now
        self.is_working = False
        self.left_bytes = 0
        self.pinged_at: float | None = None
        self.rate = rate
        self.calls: Calls | None = None

    def deliver(self, batch: Batch, listening: Listening) -> None:
        """Takes what a topic says."""
        for chunk in batch.chunks_for(listening):
            self.outbound.put(chunk)

    def close(self, code: CloseCode, reason: str, *, after_ms: int | None = None) -> None:
        """Ends the connection, and at once what it had called for."""
        super().close(code, reason, after_ms=after_ms)
        self.cancel_calls()

    def cancel_calls(self) -> None:
        """Cancels the calls that still run."""
        if self.calls is not None:
            self.calls.cancel()

    def heard(self, now: float) -> float | None:
        """Notes a sign of life; returns the seconds since the ping that asked for it, if any."""
        pinged_at, self.pinged_at = self.pinged_at, None
        self.heard_at = now
        return None if pinged_at is None else now - pinged_at

    def due_at(self, settings: RealtimeSettings) -> float:
        """Returns when ``examine`` has something to do at the earliest."""
        if self.pinged_at is not None:
            return self.pinged_at + settings.pong_seconds
        due_at = min(self.heard_at + settings.ping_seconds, self.ends_at)
        # Nobody tells the timer that hello was said, so what follows it counts before.
        return due_at if self.is_greeted else min(due_at, self._hello_due_at(settings))

    def examine(self, now: float, settings: RealtimeSettings) -> None:
        """Ends a silent connection, or asks it for a sign of life.

        With bytes queued silence proves nothing: then the write deadline decides. On a poor line
        the ping may stand behind what the kernel holds; who reads on has not come to it yet. While
        a command runs nothing is read, so what the client says meanwhile is not heard.
        """
        super().examine(now, settings)
        if not self.is_greeted:
            if now >= self._hello_due_at(settings):
                self.close(CloseCode.UNAUTHENTICATED, "no hello")
        elif self.outbound.is_busy or self.is_working:
            self.heard(now)
        elif self.pinged_at is not None:
            if now < self.pinged_at + settings.pong_seconds:
                return
            if self.outbound.reads_on(self.left_bytes, settings.pong_seconds):
                self._wait_for_pong(now)
            else:
                self.close(CloseCode.NO_PONG, "no sign of life")
        elif now >= self.heard_at + settings.ping_seconds:
            self.tell("ping", frames.PING)
            self._wait_for_pong(now)

    def _wait_for_pong(self, now: float) -> None:
        self.pinged_at, self.left_bytes = now, self.outbound.writer.left_bytes()

    def forgive(self, now: float) -> None:
        """Takes back a doubt that may have been caused by a stall of this process."""
        if self.pinged_at is not None:
            self.pinged_at = now

    def _hello_due_at(self, settings: RealtimeSettings) -> float:
        return self.born_at + settings.hello_deadline_seconds

    def _chunk(self, event: EventName, line: bytes) -> Chunk:
        return Chunk(line)
