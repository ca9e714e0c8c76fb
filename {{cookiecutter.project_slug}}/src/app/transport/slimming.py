"""What a server keeps for an accepted socket and never needs again, or keeps empty at a price.

An empty ``deque`` reserves 64 places, 760 bytes; an idle socket holds eight of them, in its queue,
its events and its parsers. Lists in their place save a fifth of what an idle connection takes.
Only servers of the versions that ``direct.TESTED`` names are touched, only attributes that hold
what we expect, and only after the handshake.
"""

from collections import deque
from typing import Any

from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.h11 import H11WSConnection
from hypercorn.protocol.ws_stream import WSStream
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

from app.transport.direct import are_tested
from app.transport.severing import places_behind


class ShortQueue(list[Any]):
    """A list that takes from the front as a ``deque`` does; for the few things that ever wait."""

    __slots__ = ()

    def popleft(self) -> Any:
        """Removes and returns the first item.

        Raises:
            IndexError: there is none.
        """
        return self.pop(0)


def slim(send: Any) -> None:
    """Lets go of what the server behind ``send`` does not need after accepting a socket."""
    for place in places_behind(send):
        owner = getattr(place, "__self__", None)
        if isinstance(owner, WSStream) and are_tested("hypercorn", "wsproto"):
            _slim_hypercorn(owner)
            return
        if isinstance(owner, WSProtocol) and are_tested("uvicorn", "wsproto"):
            _slim_queue(owner.queue)
            _shorten(owner.writable, "_waiters")
            _shorten(getattr(owner.conn, "connection", None), "_events")
            return


def _slim_hypercorn(stream: WSStream) -> None:
    _slim_queue(getattr(stream.app_put, "__self__", None))
    _shorten(getattr(stream, "connection", None), "_events")
    protocol = getattr(stream.send, "__self__", None)
    if isinstance(protocol, H11Protocol):
        _shorten(getattr(protocol.can_read, "_event", None), "_waiters")
        if isinstance(protocol.connection, H11WSConnection):
            # The parser of the request: what follows are frames, which it only passes through.
            protocol.connection.h11_connection = None  # type: ignore[assignment]
        writer = getattr(getattr(protocol.send, "__self__", None), "writer", None)
        _shorten(getattr(writer, "_protocol", None), "_drain_waiters")


def _slim_queue(queue: Any) -> None:
    for name in ("_queue", "_getters", "_putters"):
        _shorten(queue, name)
    _shorten(getattr(queue, "_finished", None), "_waiters")


def _shorten(owner: Any, name: str) -> None:
    """Replaces a ``deque`` by a list of the same content."""
    held = getattr(owner, name, None)
    if type(held) is deque and held.maxlen is None:
        setattr(owner, name, ShortQueue(held))
