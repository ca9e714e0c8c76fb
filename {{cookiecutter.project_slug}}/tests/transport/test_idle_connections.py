"""A client that closes an idle connection is gone for the server as well."""

import asyncio

import hypercorn.asyncio.run
import pytest
from hypercorn.asyncio.tcp_server import TCPServer
from quart import Quart

from app.transport.hypercorn_protocol import leave_with_the_client
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

        assert await eventually(lambda: len(asyncio.all_tasks()) <= before, within_seconds=2)


async def test_stock_hypercorn_keeps_them(stock: Quart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hypercorn.asyncio.run, "TCPServer", TCPServer)
    async with hypercorn_server(stock) as port:
        await ask_and_leave(port)
        before = len(asyncio.all_tasks())
        for _ in range(5):
            await ask_and_leave(port)

        assert not await eventually(lambda: len(asyncio.all_tasks()) <= before, within_seconds=1)
