"""What Hypercorn offers to every client and we do not, and what it leaves without a bound.

None of it has a setting in Hypercorn 0.18. ``bound_hypercorn`` replaces classes by subclasses of
them and may be called any number of times; the limits come from the configuration of each server.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import h11
import hypercorn.protocol
from hypercorn.config import Config
from hypercorn.events import Closed
from hypercorn.events import Event
from hypercorn.protocol import h2
from hypercorn.protocol import h11 as http1
from hypercorn.protocol import ws_stream
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.events import Response
from hypercorn.protocol.events import StreamClosed
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import Handshake
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import WebsocketAcceptEvent
from wsproto.connection import Connection

from app.transport.attentive_server import leave_with_the_client
from app.transport.calm_http2 import CalmH2
from app.transport.connection_caps import ConnectionCaps
from app.transport.frame_limits import UNLIMITED
from app.transport.frame_limits import BoundedConnection
from app.transport.frame_limits import FrameLimits
from app.transport.server_answers import BARE
from app.transport.server_answers import Headers
from app.transport.strict_heads import StrictBuffer
from app.transport.strict_heads import fault_of


class BoundedConfig(Config):
    """Hypercorn's configuration with the limits that it has no words for."""

    frame_limits: FrameLimits = UNLIMITED
    head_seconds: float = 10.0
    caps: ConnectionCaps | None = None
    own_headers: Headers = ()  # of answers that Hypercorn gives by itself


class PlainHandshake(Handshake):
    """A WebSocket handshake that accepts no extension.

    Compressed messages cost memory on every idle connection, and 10 MiB of them can unpack to
    1.6 GiB before any limit is looked at.
    """

    limits = UNLIMITED

    def __init__(self, headers: list[tuple[bytes, bytes]], http_version: str) -> None:
        # The others would raise where they are decoded, far from any handler.
        super().__init__([pair for pair in headers if pair[1].isascii()], http_version)
        self.extensions = None

    def accept(
        self, subprotocol: str | None, additional_headers: Iterable[tuple[bytes, bytes]]
    ) -> tuple[int, list[tuple[bytes, bytes]], Connection]:
        """Returns the answer and the connection, which keeps to the limits."""
        status, headers, _ = super().accept(subprotocol, additional_headers)
        return status, headers, BoundedConnection(self.limits)


class BoundedStream(WSStream):
    """A WebSocket whose frames are bounded, and whose end the application always hears of."""

    handshake: PlainHandshake

    async def handle(self, event: StreamEvent) -> None:
        """Takes what happened on the stream.

        A client that sends frames before its handshake is answered is refused, and Hypercorn tells
        nobody: the application would wait for it for ever. And a client that closes has given its
        reason, which Hypercorn keeps to itself: to it, all of them have vanished (1006).
        """
        if isinstance(event, StreamClosed) and not self.closed and self.app_put is not None:
            goodbye = getattr(getattr(self, "connection", None), "goodbye", None)
            if goodbye is not None:
                self.closed = True
                await self.app_put(
                    {
                        "type": "websocket.disconnect",
                        "code": int(goodbye.code),
                        "reason": goodbye.reason or "",
                    }
                )
                return
        was_closed = self.closed
        await super().handle(event)
        is_refused = self.closed and not was_closed and not isinstance(event, StreamClosed)
        if is_refused and self.app_put is not None:
            await self.app_put({"type": "websocket.disconnect", "code": 1006})

    async def _accept(self, message: WebsocketAcceptEvent) -> None:
        self.handshake.limits = getattr(self.config, "frame_limits", UNLIMITED)
        await super()._accept(message)


class SingleProtocol(H11Protocol):
    """HTTP/1.1 that does not become HTTP/2 without TLS, and does not wait long for a request.

    A proxy that filters HTTP/1.1 would not see the requests inside HTTP/2.
    """

    _head_timer: asyncio.TimerHandle | None = None
    is_faulty = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.connection, h11.Connection):
            self.connection._receive_buffer = StrictBuffer()

    async def initiate(self) -> None:
        """Begins to wait for the head of the first request.

        Later ones have to come within the time that an idle connection is kept.
        """
        seconds = getattr(self.config, "head_seconds", BoundedConfig.head_seconds)
        loop = asyncio.get_running_loop()
        self._head_timer = loop.call_later(seconds, self._give_up)

    async def handle(self, event: Event) -> None:
        """Takes what happened on the connection."""
        if isinstance(event, Closed):
            self._stop_waiting()
        await super().handle(event)

    async def stream_send(self, event: StreamEvent) -> None:
        """Takes what goes to the client, and remembers that it broke the rules of WebSockets."""
        if isinstance(event, Response) and event.headers == BARE:
            own = getattr(self.config, "own_headers", ())
            event = replace(event, headers=[*BARE, *own])
        if isinstance(event, StreamClosed) and isinstance(self.stream, BoundedStream):
            connection = getattr(self.stream, "connection", None)
            self.is_faulty = getattr(connection, "is_faulty", False)
        await super().stream_send(event)

    async def _check_protocol(self, event: h11.Request) -> None:
        """Leaves the protocol as it is; what asked for another is an ordinary request."""
        self._stop_waiting()

    async def _create_stream(self, request: h11.Request) -> None:
        """Begins to answer a request, unless its head is one that others may read otherwise."""
        fault = fault_of(
            target=request.target,
            version=request.http_version.decode(),
            headers=request.headers,
        )
        if fault is None:
            await super()._create_stream(request)
            return
        await self._send_error_response(fault)
        await self.send(Closed())

    async def _send_error_response(self, status_code: int) -> None:
        own = getattr(self.config, "own_headers", ())
        headers = [*BARE, *own, *self.config.response_headers("h11")]
        await self._send_h11_event(h11.Response(status_code=status_code, headers=headers))
        await self._send_h11_event(h11.EndOfMessage())

    def _give_up(self) -> None:
        self._head_timer = None
        self.task_group.spawn(self.send, Closed())

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def bound_hypercorn() -> None:
    """Makes Hypercorn keep to ``BoundedConfig``, accept no extension and speak plain HTTP/1.1."""
    replaced: list[tuple[Any, str, type]] = [
        (ws_stream, "Handshake", PlainHandshake),
        (http1, "WSStream", BoundedStream),
        (h2, "WSStream", BoundedStream),
        (hypercorn.protocol, "H11Protocol", SingleProtocol),
        (hypercorn.protocol, "H2Protocol", CalmH2),
    ]
    for module, name, ours in replaced:
        setattr(module, name, ours)
    leave_with_the_client()
