"""Two things that Hypercorn offers to every client and that we do not, and one that it forgets.

None has a setting in Hypercorn 0.18. Each function replaces one class by a subclass of it and
may be called any number of times.
"""

import h11
import hypercorn.asyncio.run
import hypercorn.protocol
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol import ws_stream
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import Handshake


class PlainHandshake(Handshake):
    """A WebSocket handshake that accepts no extension.

    Compressed messages cost memory on every idle connection, and 10 MiB of them can unpack to
    1.6 GiB before any limit is looked at.
    """

    def __init__(self, headers: list[tuple[bytes, bytes]], http_version: str) -> None:
        super().__init__(headers, http_version)
        self.extensions = None


class SingleProtocol(H11Protocol):
    """HTTP/1.1 that does not become HTTP/2 without TLS.

    A proxy that filters HTTP/1.1 would not see the requests inside.
    """

    async def _check_protocol(self, event: h11.Request) -> None:
        """Leaves the protocol as it is; what asked for another is an ordinary request."""


class AttentiveServer(TCPServer):
    """A connection that ends when its client has left.

    Hypercorn waits on until the time for idle connections is over, 75 s here, and keeps the
    descriptor and two tasks for as long.
    """

    async def _read_data(self) -> None:
        await super()._read_data()
        await self.idle_task.stop()

    async def _idle_timeout(self) -> None:
        if not self.reader.at_eof():
            await super()._idle_timeout()


def refuse_compression() -> None:
    """Makes Hypercorn accept no WebSocket extension."""
    ws_stream.Handshake = PlainHandshake  # type: ignore[misc]


def refuse_h2c() -> None:
    """Makes Hypercorn speak HTTP/1.1 only where there is no TLS."""
    hypercorn.protocol.H11Protocol = SingleProtocol  # type: ignore[attr-defined]


def leave_with_the_client() -> None:
    """Makes Hypercorn forget an idle connection when its client has closed it."""
    hypercorn.asyncio.run.TCPServer = AttentiveServer  # type: ignore[attr-defined]
