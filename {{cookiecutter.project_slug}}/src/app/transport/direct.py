"""The way around a server: the transport behind an ASGI ``send``, to write prepared bytes to.

A server makes a WebSocket frame, or a part of a body, anew for every client. Whoever sends the
same to thousands makes it once and needs only the transport. That is not part of ASGI, so it is
found only where it was tried: in the versions of ``TESTED``, over HTTP/1.1, and when everything
that is touched is where we expect it. Everywhere else the answer is None, and ``send`` serves.

The server goes on writing for itself (pongs, its close frame): each write, its own or ours, is
whole frames handed to the same transport, so they come out in the order in which they went in.
"""

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import suppress
from fcntl import ioctl
from importlib.metadata import version
from sys import byteorder
from termios import TIOCOUTQ
from typing import Any

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import WSStream
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto.connection import Connection
from wsproto.connection import ConnectionState

from app.transport.frame_limits import BoundedConnection
from app.transport.severing import places_behind

TESTED = {"hypercorn": "0.18", "uvicorn": "0.54", "wsproto": "1.3"}
OPEN = ConnectionState.OPEN


class DirectPath:
    """A transport that takes whole frames, or whole parts of a chunked body.

    ``drain`` waits while more than ``high_water_bytes`` wait in the transport. ``is_free`` belongs
    to whoever writes here: False while something is to be written before anything else.
    """

    __slots__ = ("_frames", "_is_over", "_transport", "drain", "high_water_bytes", "is_free")

    def __init__(
        self, transport: Any, drain: Callable[[], Awaitable[Any]], frames: Connection | None = None
    ) -> None:
        self._transport = transport
        self._frames = frames
        self._is_over = False
        self.is_free = True
        self.drain = drain
        self.high_water_bytes: int = transport.get_write_buffer_limits()[1]
        transport.get_write_buffer_size()  # a transport that cannot tell is of no use
        if isinstance(frames, BoundedConnection):
            # It tells when it is over: to ask it at each write would cost more than the question.
            frames.path, self._frames = self, None

    def write(self, data: bytes) -> bool:
        """Writes; True when so much waits now that ``drain`` is to be awaited before the next.

        Raises:
            ConnectionResetError: the client is gone, or one of the two has sent its close frame.
        """
        transport, frames = self._transport, self._frames
        if self._is_over or transport.is_closing() or (frames and frames.state is not OPEN):
            raise ConnectionResetError("the client is gone")
        transport.write(data)
        is_full: bool = transport.get_write_buffer_size() > self.high_water_bytes
        return is_full

    def left_bytes(self) -> int:
        """Returns how much the client has not acknowledged: what waits here and in the kernel.

        Where the kernel does not tell (SIOCOUTQ of tcp(7) is Linux's), only what waits here.
        """
        left: int = self._transport.get_write_buffer_size()
        with suppress(OSError):
            held = ioctl(self._transport.get_extra_info("socket"), TIOCOUTQ, bytes(4))
            left += int.from_bytes(held, byteorder)
        return left

    def end(self) -> None:
        """Learns that a close frame was sent or received: nothing may follow it."""
        self._is_over = True

    def abort(self) -> None:
        """Cuts the transport without another byte."""
        self._transport.abort()


def path_for_frames(scope: Any, send: Any) -> DirectPath | None:
    """Returns the way for WebSocket frames after the socket was accepted, or None."""
    for owner in _owners(scope, send):
        match owner:
            case WSStream() if are_tested("hypercorn", "wsproto"):
                frames = _frames_of(owner)
                return _through_hypercorn(owner, frames=frames) if frames else None
            case WSProtocol() if are_tested("uvicorn", "wsproto"):
                frames = _frames_of(owner)
                return _path(owner.transport, owner.writable.wait, frames) if frames else None
    return None


def path_for_parts(scope: Any, send: Any) -> DirectPath | None:
    """Returns the way for parts of a chunked body after the response has begun, or None."""
    for owner in _owners(scope, send):
        match owner:
            case HTTPStream() if are_tested("hypercorn"):
                return _through_hypercorn(owner)
            case RequestResponseCycle() if are_tested("uvicorn"):
                if owner.chunked_encoding and owner.scope["method"] != "HEAD":
                    return _path(owner.transport, owner.flow.drain)
    return None


def sends_without_task(send: Any) -> bool:
    """Whether ``send`` is of a server that does not ask which task runs it, over any HTTP."""
    owners = [getattr(place, "__self__", None) for place in places_behind(send)]
    if any(isinstance(owner, WSStream | HTTPStream) for owner in owners):
        return are_tested("hypercorn")
    return are_tested("uvicorn") and any(
        isinstance(owner, WSProtocol | RequestResponseCycle) for owner in owners
    )


def accepts_compression(send: Any) -> bool:
    """Whether the server has agreed to permessage-deflate on an accepted socket.

    False where that cannot be seen.
    """
    for place in places_behind(send):
        frames = _frames_of(getattr(place, "__self__", None))
        if frames is not None:
            return any(extension.enabled() for extension in frames._proto.extensions)
    return False


def _frames_of(owner: Any) -> Connection | None:
    """Returns what makes the server's own frames of an accepted socket."""
    frames = getattr(getattr(owner, "conn", owner), "connection", None)
    return frames if isinstance(frames, Connection) else None


def _owners(scope: Any, send: Any) -> Iterator[Any]:
    if scope.get("http_version") == "1.1":
        for place in places_behind(send):
            yield getattr(place, "__self__", None)


def _through_hypercorn(stream: Any, *, frames: Connection | None = None) -> DirectPath | None:
    protocol = getattr(stream.send, "__self__", None)
    if not isinstance(protocol, H11Protocol):  # HTTP/2: the transport carries other streams too
        return None
    server = getattr(protocol.send, "__self__", None)
    if not isinstance(server, TCPServer):
        return None
    # The class is private to h11, so it is known by its name and may go away in peace.
    writer = getattr(protocol.connection, "_writer", None)
    if frames is None and type(writer).__name__ != "ChunkedWriter":
        return None
    return _path(server.writer.transport, server.writer.drain, frames)


def _path(
    transport: Any, drain: Callable[[], Awaitable[Any]], frames: Connection | None = None
) -> DirectPath | None:
    try:
        return DirectPath(transport, drain, frames)
    except (AttributeError, NotImplementedError):
        return None


def are_tested(*servers: str) -> bool:
    """Whether the installed versions of ``servers`` are those that were tried."""
    return all(_VERSIONS[name].startswith(f"{TESTED[name]}.") for name in servers)


_VERSIONS = {name: version(name) for name in TESTED}
