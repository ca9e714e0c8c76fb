"""One WebSocket: ``websockets`` knows the protocol, asyncio carries the bytes.

There is no task, no queue and no buffer of its own per connection; docs/decisions/0010 has the
figures. What a text means is for `link.py`.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from typing import cast

from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.typing import Origin
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI

from app.realtime.protocol.messages import SUBPROTOCOL

MESSAGE_MAX_BYTES = 4 * 1024 * 1024  # a hello's answer is the longest, below 1 MiB
CLOSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect to, and what to say in the handshake."""

    uri: WebSocketURI
    origin: str | None
    headers: dict[str, str] = field(repr=False)
    tls: ssl.SSLContext | None


class Wire(asyncio.Protocol):
    """Texts in both directions. Once open, ``on_closed`` is called once, with the close code."""

    __slots__ = (
        "_fragments",
        "_gone",
        "_on_closed",
        "_on_text",
        "_opened",
        "_protocol",
        "_transport",
    )

    def __init__(
        self, *, on_text: Callable[[bytes], None], on_closed: Callable[[int], None]
    ) -> None:
        self._on_text: Callable[[bytes], None] | None = on_text
        self._on_closed: Callable[[int], None] | None = on_closed
        self._fragments: list[bytes] = []
        self._opened: asyncio.Future[None] | None = None
        self._gone: asyncio.Future[None] | None = None
        self._protocol: ClientProtocol
        self._transport: asyncio.Transport | None = None

    async def open(self, address: Address) -> None:
        """Connects and shakes hands.

        Raises:
            OSError: nobody is there.
            InvalidHandshake: somebody is, and does not want to.
        """
        self._protocol = ClientProtocol(
            address.uri,
            origin=Origin(address.origin) if address.origin else None,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            max_size=MESSAGE_MAX_BYTES,
        )
        request = self._protocol.connect()
        request.headers.update(address.headers)
        self._protocol.send_request(request)
        loop = asyncio.get_running_loop()
        self._opened = loop.create_future()
        uri = address.uri
        await loop.create_connection(lambda: self, uri.host, uri.port, ssl=address.tls)
        try:
            await self._opened
        except BaseException:
            self.abort()
            raise
        finally:
            self._opened = None

    @property
    def waiting_bytes(self) -> int:
        """How much was sent and has not left this machine's process yet."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def send(self, text: bytes) -> None:
        """Sends one text; on a closed wire nothing happens."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(text)
            self._flush()

    def close(self, code: int) -> None:
        """Says goodbye. Nothing is told from now on; a server that stays is cut."""
        self._mute()
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code)
            self._flush()
            self._cut_later()
        else:
            self.abort()

    def abort(self) -> None:
        """Cuts the connection; nothing is told from now on."""
        self._mute()
        if self._transport is not None:
            self._transport.abort()

    async def gone(self) -> None:
        """Waits until nothing is left of it; after `close` that takes a second at most."""
        if self._transport is not None:
            self._gone = self._gone or asyncio.get_running_loop().create_future()
            await self._gone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Sends the handshake."""
        self._transport = cast("asyncio.Transport", transport)  # a stream's has both directions
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Takes bytes from the server."""
        self._protocol.receive_data(data)
        self._take_events()

    def eof_received(self) -> None:
        """Takes the server's last byte."""
        self._protocol.receive_eof()
        self._take_events()

    def connection_lost(self, _failure: Exception | None) -> None:
        """Tells the end, unless it was ours."""
        if self._protocol.state is not State.CLOSED:
            self._protocol.receive_eof()
        self._settle()
        self._transport = None
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)
        on_closed = self._on_closed
        self._mute()
        # A handshake that failed is told by `open`.
        if on_closed is not None and self._protocol.handshake_exc is None:
            on_closed(self._protocol.close_code or 1006)

    def _take_events(self) -> None:
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
            else:
                self._settle()
        self._flush()
        if self._protocol.close_expected():
            self._cut_later()

    def _take(self, frame: Frame) -> None:
        if frame.opcode not in {Opcode.TEXT, Opcode.CONT}:
            return
        data = bytes(frame.data)
        if not frame.fin or self._fragments:
            self._fragments.append(data)
            if not frame.fin:
                return
            data = b"".join(self._fragments)
            self._fragments = []
        if self._on_text is not None:
            self._on_text(data)

    def _settle(self) -> None:
        opened, failure = self._opened, self._protocol.handshake_exc
        if opened is None or opened.done():
            return
        if failure is None and self._protocol.state is State.OPEN:
            opened.set_result(None)
        else:
            opened.set_exception(failure or ConnectionResetError("cut in the handshake"))
            opened.exception()  # whoever opened it may have been cancelled meanwhile

    def _flush(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                self._transport.write_eof()

    def _cut_later(self) -> None:
        if self._transport is not None:
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)

    def _mute(self) -> None:
        self._on_text = self._on_closed = None
