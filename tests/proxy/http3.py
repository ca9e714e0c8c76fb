"""One GET over HTTP/3."""

import asyncio
from pathlib import Path

from aioquic.asyncio import QuicConnectionProtocol
from aioquic.asyncio import connect
from aioquic.h3.connection import H3_ALPN
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent

SECONDS_HANG_GUARD = 60.0


class Request(QuicConnectionProtocol):
    """Sends one request and gathers its answer."""

    def get(self, authority: str, path: str) -> asyncio.Future[tuple[int, bytes]]:
        """Returns what will hold the status and the body."""
        self._answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._status, self._body = 0, b""
        self._http = H3Connection(self._quic)
        headers = {":method": "GET", ":scheme": "https", ":authority": authority, ":path": path}
        stream = self._quic.get_next_available_stream_id()
        self._http.send_headers(stream, [(k.encode(), v.encode()) for k, v in headers.items()], end_stream=True)
        self.transmit()
        return self._answer

    def quic_event_received(self, event: QuicEvent) -> None:
        """Takes what arrived for the request."""
        if not hasattr(self, "_http"):
            return
        for part in self._http.handle_event(event):
            if isinstance(part, HeadersReceived):
                self._status = int(dict(part.headers)[b":status"])
            if isinstance(part, DataReceived):
                self._body += part.data
            if isinstance(part, HeadersReceived | DataReceived) and part.stream_ended:
                self._answer.set_result((self._status, self._body))


async def get_over_http3(host: str, port: int, path: str, authority: Path) -> tuple[int, bytes]:
    """Returns the status and the body of one answer."""
    settings = QuicConfiguration(alpn_protocols=H3_ALPN, server_name=host)
    settings.load_verify_locations(cafile=str(authority))
    async with connect("127.0.0.1", port, configuration=settings, create_protocol=Request) as connection:
        return await asyncio.wait_for(connection.get(f"{host}:{port}", path), SECONDS_HANG_GUARD)
