"""A client that closes an idle connection is gone for the server as well."""

import asyncio
import weakref
from types import SimpleNamespace
from typing import Any

import hypercorn.asyncio.run
import pytest
from hypercorn.asyncio.tcp_server import TCPServer
from quart import Quart

from app.transport.attentive_server import AttentiveServer
from app.transport.attentive_server import leave_with_the_client
from tests.programs import eventually
from tests.transport.servers import hypercorn as hypercorn_server


async def ask_and_leave(port: int) -> None:
    """Makes one request on a connection that could take more, and closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: here.test\r\n\r\n")
    assert b"404" in await reader.readuntil(b"\r\n")
    writer.close()
    await writer.wait_closed()


async def test_a_closed_idle_connection_keeps_no_task(
    stock: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hypercorn.asyncio.run, "TCPServer", TCPServer)  # put back in the end
    leave_with_the_client()
    async with hypercorn_server(stock) as port:
        await ask_and_leave(port)
        before = len(asyncio.all_tasks())
        for _ in range(5):
            await ask_and_leave(port)

        assert await eventually(lambda: len(asyncio.all_tasks()) <= before, within_seconds=60)


async def test_stock_hypercorn_keeps_them(stock: Quart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hypercorn.asyncio.run, "TCPServer", TCPServer)
    async with hypercorn_server(stock) as port:
        await ask_and_leave(port)
        before = len(asyncio.all_tasks())
        for _ in range(5):
            await ask_and_leave(port)

        assert not await eventually(lambda: len(asyncio.all_tasks()) <= before, within_seconds=1)


class Heard:
    """What stands for the bytes that came; bytes themselves cannot be watched."""


class Reader:
    """Gives one thing, and then nothing for ever."""

    def __init__(self) -> None:
        self.given: weakref.ref[Heard] | None = None
        self.is_waiting = asyncio.Event()

    def at_eof(self) -> bool:
        return False

    async def read(self, size: int) -> Heard:
        if self.given is None:
            heard = Heard()
            self.given = weakref.ref(heard)
            return heard
        self.is_waiting.set()
        await asyncio.Event().wait()
        raise AssertionError("nothing more comes")


@pytest.mark.parametrize(("kind", "keeps"), [(AttentiveServer, False), (TCPServer, True)])
async def test_while_it_waits_it_has_nothing_in_hand(kind: type[TCPServer], keeps: bool) -> None:
    async def handle(event: object) -> None:
        """Takes what came."""

    server: Any = kind.__new__(kind)
    server.config = SimpleNamespace(read_timeout=None)
    server.reader = reader = Reader()
    server.protocol = SimpleNamespace(handle=handle)

    reading = asyncio.create_task(server._read_data())
    await reader.is_waiting.wait()

    assert reader.given is not None
    assert (reader.given() is not None) is keeps
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
