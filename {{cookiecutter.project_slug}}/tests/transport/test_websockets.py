"""WebSockets over a real server: bounded, quiet, and honest about how they end."""

import asyncio
import logging
from contextlib import suppress

import pytest
from quart import Quart
from quart import websocket
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.patience import PATIENCE_SECONDS
from tests.sockets import connect
from tests.transport.servers import KERNEL_BYTES
from tests.transport.servers import KIB
from tests.transport.servers import Server
from tests.transport.servers import hypercorn
from tests.transport.servers import only_on_023
from tests.transport.servers import over
from tests.transport.servers import uvicorn_server

BOTH = pytest.mark.parametrize("server", [hypercorn, uvicorn_server])
MESSAGE = b"x" * 32 * KIB
FLOOD_BYTES = 3 * KERNEL_BYTES


def add_echo(app: Quart) -> None:
    """Adds a socket that sends back what it gets."""

    @app.websocket("/echo")
    async def echo() -> None:
        while True:
            await websocket.send(await websocket.receive())


def add_deaf(app: Quart) -> None:
    """Adds a socket that never reads."""

    @app.websocket("/deaf")
    async def deaf() -> None:
        await websocket.accept()
        await over(app).wait()


def add_group(app: Quart) -> asyncio.Event:
    """Adds a socket with a reader and a writer in a task group; returns what its end sets."""
    ended = asyncio.Event()

    async def read() -> None:
        while True:
            await websocket.receive()

    async def write() -> None:
        while True:
            await websocket.send(b"tick")
            await asyncio.sleep(0.01)

    @app.websocket("/group")
    async def grouped() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(read())
                group.create_task(write())
        finally:
            ended.set()

    return ended


def add_crash(app: Quart) -> None:
    """Adds a socket whose view fails after the first message."""

    @app.websocket("/crash")
    async def crash() -> None:
        await websocket.receive()
        raise RuntimeError("a mistake in a view")


def joined(port: int, path: str) -> connect:
    """Returns a connection to open; it waits for no answer to its own close."""
    return connect(f"ws://127.0.0.1:{port}{path}", close_timeout=0.1, compression=None)


async def flood(client: ClientConnection) -> int:
    """Sends messages until that comes to a halt; returns how many bytes went out."""
    sent_bytes = 0
    with suppress(ConnectionClosed, TimeoutError):
        while sent_bytes < FLOOD_BYTES:
            async with asyncio.timeout(1):
                await client.send(MESSAGE)
            sent_bytes += len(MESSAGE)
    client.transport.abort()  # or its end would wait for the server to take the rest
    return sent_bytes


async def close_code(client: ClientConnection) -> int | None:
    """Waits for the server to close; returns the code."""
    async with asyncio.timeout(60):
        await client.wait_closed()
    return client.close_code


@BOTH
async def test_a_view_that_does_not_read_makes_its_client_wait(
    hardened: Quart, server: Server
) -> None:
    add_deaf(hardened)

    async with server(hardened) as port, joined(port, "/deaf") as client:
        sent_bytes = await flood(client)

    assert sent_bytes < KERNEL_BYTES


async def test_stock_quart_buffers_whatever_a_client_sends(stock: Quart) -> None:
    add_deaf(stock)

    async with hypercorn(stock) as port, joined(port, "/deaf") as client:
        sent_bytes = await flood(client)

    assert sent_bytes == FLOOD_BYTES


@BOTH
async def test_an_empty_binary_message_is_a_message(hardened: Quart, server: Server) -> None:
    add_echo(hardened)

    async with server(hardened) as port, joined(port, "/echo") as client:
        await client.send(b"")
        answer = await asyncio.wait_for(client.recv(), 60)

    assert answer == b""


async def test_stock_quart_makes_nothing_of_an_empty_binary_message(stock: Quart) -> None:
    add_echo(stock)

    async with hypercorn(stock) as port, joined(port, "/echo") as client:
        await client.send(b"")
        with pytest.raises((TimeoutError, ConnectionClosed)):
            await asyncio.wait_for(client.recv(), 0.5)


@BOTH
async def test_a_message_over_the_limit_closes_with_1009(hardened: Quart, server: Server) -> None:
    add_echo(hardened)

    async with server(hardened) as port, joined(port, "/echo") as client:
        await client.send(b"x" * (64 * KIB + 1))

        assert await close_code(client) == 1009


@BOTH
async def test_a_client_that_leaves_a_task_group_leaves_no_trace_in_the_log(
    hardened: Quart, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    ended = add_group(hardened)

    async with server(hardened) as port:
        client = await joined(port, "/group")
        await client.recv()
        client.transport.abort()
        await asyncio.wait_for(ended.wait(), 60)

    assert [line for line in caplog.records if line.levelno >= logging.ERROR] == []


@only_on_023
async def test_stock_quart_logs_an_error_when_a_client_leaves_a_task_group(
    stock: Quart, caplog: pytest.LogCaptureFixture
) -> None:
    ended = add_group(stock)

    async with hypercorn(stock) as port, asyncio.timeout(PATIENCE_SECONDS):
        while not caplog.records:  # of each, whether its reader or its cancellation is the first
            ended.clear()
            client = await joined(port, "/group")
            await client.recv()
            client.transport.abort()
            await ended.wait()

    assert "Exception on websocket" in caplog.text


@BOTH
async def test_a_view_that_fails_closes_with_1011(
    hardened: Quart, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    add_crash(hardened)

    async with server(hardened) as port, joined(port, "/crash") as client:
        await client.send("hello")
        code = await close_code(client)

    assert code == 1011
    assert "a mistake in a view" in caplog.text


async def test_stock_quart_says_that_all_was_well_when_a_view_fails(
    stock: Quart,
) -> None:
    add_crash(stock)

    async with hypercorn(stock) as port, joined(port, "/crash") as client:
        await client.send("hello")

        assert await close_code(client) == 1000


async def test_a_view_that_returns_closes_with_1000(hardened: Quart) -> None:
    @hardened.websocket("/once")
    async def once() -> None:
        await websocket.send(await websocket.receive())

    async with hypercorn(hardened) as port, joined(port, "/once") as client:
        await client.send("hello")
        assert await client.recv() == "hello"

        assert await close_code(client) == 1000


async def test_messages_arrive_in_order_through_a_small_buffer(hardened: Quart) -> None:
    add_echo(hardened)
    sent = [f"message {number}" for number in range(200)]

    async with hypercorn(hardened) as port, joined(port, "/echo") as client:
        for message in sent:
            await client.send(message)
        received = [await asyncio.wait_for(client.recv(), 60) for _ in sent]

    assert received == sent
