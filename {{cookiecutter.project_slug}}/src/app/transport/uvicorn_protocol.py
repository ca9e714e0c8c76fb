"""What uvicorn leaves without a bound: the head of a request, the frames of a WebSocket, pongs.

None of it has a setting in uvicorn 0.54, which takes classes of ours instead of its own.
"""

import asyncio
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto import ConnectionType
from wsproto import WSConnection
from wsproto import events

from app.transport.answer_lines import remember_good_names
from app.transport.connection_caps import ConnectionCaps
from app.transport.frame_limits import UNLIMITED
from app.transport.frame_limits import BoundedConnection
from app.transport.frame_limits import FrameLimits
from app.transport.idle_timer import IdleTimer
from app.transport.joined_answer import IS_TESTED
from app.transport.joined_answer import JoinedAnswer
from app.transport.joined_answer import make_own_cycles
from app.transport.lingering import LINGER_SECONDS
from app.transport.lingering import cut_soon
from app.transport.lingering import linger
from app.transport.server_answers import Headers
from app.transport.server_answers import completed
from app.transport.server_answers import refusal
from app.transport.strict_heads import HEAD_MAX_BYTES
from app.transport.strict_heads import fault_of


class BoundedUpgrade(WSConnection):
    """A handshake and then a connection that keeps to the limits."""

    def __init__(self, limits: FrameLimits, own_headers: Headers = ()) -> None:
        super().__init__(ConnectionType.SERVER)
        self._limits = limits
        self._own_headers = own_headers

    def send(self, event: events.Event) -> bytes:
        """Returns the bytes of ``event``; that which accepts makes the connection."""
        is_handshake = self.connection is None
        if isinstance(event, events.RejectConnection):
            headers = completed(event.headers, self._own_headers)
            event = replace(event, headers=headers)
        data = super().send(event)
        if is_handshake and self.connection is not None:
            self.connection = BoundedConnection(self._limits)
        return data


class BoundedSocket(WSProtocol):
    """A WebSocket whose frames, and whose answers to pings, are bounded."""

    limits = UNLIMITED
    caps: ConnectionCaps | None = None
    own_headers: Headers = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = BoundedUpgrade(self.limits, self.own_headers)
        self.close_timeout = LINGER_SECONDS

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection, which the protocol before the handshake has counted."""
        super().connection_lost(exc)
        if self.caps:
            self.caps.release(address_of(self.client))

    def data_received(self, data: bytes) -> None:
        """Takes bytes; a header of the handshake that is not ASCII is the client's fault."""
        try:
            super().data_received(data)
        except UnicodeDecodeError:
            self.transport.write(refusal(HTTPStatus.BAD_REQUEST, self.own_headers))
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
    caps: ConnectionCaps | None = None
    own_headers: Headers = ()  # of answers that uvicorn gives by itself
    answer: type[JoinedAnswer] = JoinedAnswer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._in_head = False
        self._head_bytes = 0
        self._fault: HTTPStatus | None = None
        self._is_counted = False
        self._idle = IdleTimer(self.loop, self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for the head of the first request, unless this is one too many."""
        super().connection_made(transport)
        if self.caps and not self.caps.admit(address_of(self.client)):
            transport.write(self.caps.refusal)
            transport.close()
            cut_soon(transport)
            return
        self._is_counted = self._in_head = True
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._stop_waiting()
        self._idle.cancel()
        super().connection_lost(exc)
        if self.caps and self._is_counted:
            self.caps.release(address_of(self.client))

    def data_received(self, data: bytes) -> None:
        """Takes bytes, of a head only so many."""
        self._idle.end()
        super().data_received(data)
        if self._in_head:  # most heads arrive whole, and need no timer
            if self._head_timer is None:
                self._wait()
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_MAX_BYTES:
                self._stop_waiting()
                self._fault = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
                self.send_400_response(self._fault.phrase)

    def on_message_begin(self) -> None:
        """Begins to wait for the rest of the head."""
        super().on_message_begin()
        if not self._in_head:
            self._in_head = True
            self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Stops waiting: a request has begun, unless others may read its head otherwise."""
        self._stop_waiting()
        self._fault = fault_of(
            target=self.url, version=self.parser.get_http_version(), headers=self.headers
        )
        if self._fault is not None:
            raise ValueError(self._fault.phrase)  # the parser makes a bad request of it
        super().on_headers_complete()
        if self.cycle and self.parser.should_upgrade() and not self._should_upgrade():
            self.cycle.keep_alive = False  # the parser takes what follows for another protocol

    def send_400_response(self, msg: str) -> None:
        """Refuses a request with the status that its fault has, and ends the connection."""
        fault = self._fault or HTTPStatus.BAD_REQUEST
        self.transport.write(refusal(fault, self.own_headers))
        linger(self.transport, self)

    def on_response_complete(self) -> None:
        """Ends the connection when the request was answered before it had arrived.

        uvicorn keeps it, and whatever the client goes on to send as its body.
        """
        is_unfinished = not self.pipeline and self.cycle.more_body
        if self.pipeline or not IS_TESTED:
            super().on_response_complete()
        else:
            self._rest()
        if is_unfinished:
            linger(self.transport, self)

    def _rest(self) -> None:
        """Waits for the next request, as uvicorn does where none is waiting here."""
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            self._idle.begin()

    def _wait(self) -> None:
        self._head_timer = self.loop.call_later(self.head_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def address_of(client: tuple[str, int] | None) -> str:
    """Returns the address of a peer; all that have none are one."""
    return client[0] if client else ""


def bounded_socket(
    limits: FrameLimits, *, caps: ConnectionCaps | None = None, own_headers: Headers = ()
) -> type[BoundedSocket]:
    """Returns uvicorn's WebSocket protocol, bound to ``limits``."""
    members = {"limits": limits, "caps": caps, "own_headers": own_headers}
    return type("BoundedSocket", (BoundedSocket,), members)


def bounded_http(
    head_seconds: float, *, caps: ConnectionCaps | None = None, own_headers: Headers = ()
) -> type[BoundedHttp]:
    """Returns uvicorn's HTTP protocol, which closes on a client that is slow to ask."""
    remember_good_names(own_headers)
    make_own_cycles()
    answer = type("JoinedAnswer", (JoinedAnswer,), {"own_headers": own_headers})
    members = {"head_seconds": head_seconds, "caps": caps, "own_headers": own_headers}
    return type("BoundedHttp", (BoundedHttp,), {**members, "answer": answer})
