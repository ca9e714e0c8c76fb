"""What uvicorn leaves without a bound: the head of a request, the frames of a WebSocket, pongs.

None of it has a setting in uvicorn 0.54, which takes classes of ours instead of its own.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto import ConnectionType
from wsproto import WSConnection
from wsproto import events

from app.transport.frame_limits import UNLIMITED
from app.transport.frame_limits import BoundedConnection
from app.transport.frame_limits import FrameLimits
from app.transport.lingering import LINGER_SECONDS
from app.transport.lingering import cut_soon
from app.transport.lingering import linger

HEAD_MAX_BYTES = 64 * 1_024
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedUpgrade(WSConnection):
    """A handshake and then a connection that keeps to the limits."""

    def __init__(self, limits: FrameLimits) -> None:
        super().__init__(ConnectionType.SERVER)
        self._limits = limits

    def send(self, event: events.Event) -> bytes:
        """Returns the bytes of ``event``; that which accepts makes the connection."""
        is_handshake = self.connection is None
        data = super().send(event)
        if is_handshake and self.connection is not None:
            self.connection = BoundedConnection(self._limits)
        return data


class BoundedSocket(WSProtocol):
    """A WebSocket whose frames, and whose answers to pings, are bounded."""

    limits = UNLIMITED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = BoundedUpgrade(self.limits)
        self.close_timeout = LINGER_SECONDS

    def data_received(self, data: bytes) -> None:
        """Takes bytes; a header of the handshake that is not ASCII is the client's fault."""
        try:
            super().data_received(data)
        except UnicodeDecodeError:
            self.transport.write(BAD_REQUEST)
            self.transport.close()

    def handle_close(self, event: events.CloseConnection) -> None:
        """Ends the connection, so that a client that is still sending hears why."""
        if getattr(self.conn.connection, "is_faulty", False):
            self.transport.write(self.conn.send(event.response()))
            self.queue.put_nowait({"type": "websocket.disconnect", "code": int(event.code)})
            self.close_sent = True
            # With a timer the end of the application does not close the transport at once.
            self.close_timer = cut_soon(self.transport)
            linger(self.transport, self)
        else:
            super().handle_close(event)
            cut_soon(self.transport)

    def handle_ping(self, event: events.Ping) -> None:
        """Answers, unless the client does not read: nobody counts what waits for it here."""
        if self.writable.is_set():
            super().handle_ping(event)


class BoundedHttp(HttpToolsProtocol):
    """HTTP/1.1 that waits neither long for the head of a request nor takes one of any size."""

    head_seconds = 10.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for the head of the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Takes bytes, of a head only so many."""
        super().data_received(data)
        if self._head_timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_MAX_BYTES:
                self._stop_waiting()
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Begins to wait for the rest of the head."""
        super().on_message_begin()
        if self._head_timer is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """Stops waiting: a request has begun."""
        self._stop_waiting()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self.head_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def bounded_socket(limits: FrameLimits) -> type[BoundedSocket]:
    """Returns uvicorn's WebSocket protocol, bound to ``limits``."""
    return type("BoundedSocket", (BoundedSocket,), {"limits": limits})


def bounded_http(head_seconds: float) -> type[BoundedHttp]:
    """Returns uvicorn's HTTP protocol, which closes on a client that is slow to ask."""
    return type("BoundedHttp", (BoundedHttp,), {"head_seconds": head_seconds})
