"""Streams of HTTP/2 that are opened only to be reset."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import hypercorn.protocol
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ResponseReceived
from hypercorn.protocol.h2 import H2Protocol
from quart import Quart

from app.transport.calm_http2 import RESETS_MAX
from app.transport.calm_http2 import CalmH2
from app.transport.hypercorn_protocol import bound_hypercorn
from tests.transport.servers import hypercorn as hypercorn_server

STREAMS = 5_000
GET = [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "here.test")]


class Client:
    """A client that speaks HTTP/2 from the first byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self._h2.initiate_connection()
        self.answers = 0
        self.told: dict[str, str] = {}

    async def reset(self, streams: int) -> int:
        """Opens streams and resets each at once; returns how many before the connection ended."""
        for number in range(streams):
            stream = self._h2.get_next_available_stream_id()
            self._h2.send_headers(stream, GET, end_stream=True)
            self._h2.reset_stream(stream)
            self._writer.write(self._h2.data_to_send())
            if number % 50 == 0:
                try:
                    async with asyncio.timeout(60):
                        await self._writer.drain()
                except ConnectionError:
                    return number
                await asyncio.sleep(0.001)  # the server runs in this loop
            if self._reader.at_eof():
                return number
        return streams

    async def ask(self) -> None:
        """Makes an ordinary request."""
        self._h2.send_headers(self._h2.get_next_available_stream_id(), GET, end_stream=True)
        self._writer.write(self._h2.data_to_send())
        await self._writer.drain()

    async def read_on(self) -> None:
        """Reads to the end, or until an answer has arrived."""
        async with asyncio.timeout(60):
            while data := await self._reader.read(65_536):
                for event in self._h2.receive_data(data):
                    if isinstance(event, ResponseReceived):
                        self.answers += 1
                        self.told = {str(name): str(value) for name, value in event.headers or ()}
                if self.answers:
                    return


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Client]:
    """Connects; the connection is cut at the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


@pytest.fixture
def http2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the server speak our HTTP/2 without TLS, in place of HTTP/1.1."""
    monkeypatch.setattr(hypercorn.protocol, "H11Protocol", CalmH2)


async def test_a_client_that_only_resets_is_given_up(
    hardened: Quart, http2: None, caplog: pytest.LogCaptureFixture
) -> None:
    async with hypercorn_server(hardened) as port:
        async with connected(port) as client:
            done = await client.reset(STREAMS)
        async with connected(port) as good:
            await good.ask()
            await good.read_on()

    assert done < STREAMS
    assert good.answers == 1
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_stock_hypercorn_serves_every_stream_that_is_reset(
    stock: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hypercorn.protocol, "H11Protocol", H2Protocol)

    async with hypercorn_server(stock) as port, connected(port) as client:
        assert await client.reset(3 * RESETS_MAX) == 3 * RESETS_MAX


def test_the_servers_of_this_service_have_it() -> None:
    bound_hypercorn()

    assert vars(hypercorn.protocol)["H2Protocol"] is CalmH2
