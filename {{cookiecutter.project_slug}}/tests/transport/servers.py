"""A real Hypercorn or uvicorn around a small application, and clients that behave badly."""

import asyncio
import socket
from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextlib import asynccontextmanager
from contextlib import suppress
from typing import Any

import pytest
import uvicorn
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart
from quart.wrappers import base

from tests.patience import PATIENCE_SECONDS

KIB = 1024
PIECE = b"x" * 16 * KIB
STOP_SECONDS = 1.0
# What the kernel may hold for a reader who does not read, at most.
KERNEL_BYTES = 6 * KIB * KIB

only_on_023 = pytest.mark.skipif(
    not hasattr(base, "ClientDisconnectedError"), reason="Quart 0.22 does this well"
)

Task = asyncio.Task[Any]
Server = Callable[[Quart], AbstractAsyncContextManager[int]]


@asynccontextmanager
async def hypercorn(app: Quart) -> AsyncIterator[int]:
    """Serves the application on the loopback interface; yields the port."""
    listener = listen()
    port: int = listener.getsockname()[1]
    before = asyncio.all_tasks()
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.accesslog = config.errorlog = None
    config.graceful_timeout = 0.1
    stop = asyncio.Event()
    server = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    try:
        yield port
    finally:
        over(app).set()
        stop.set()
        await _end(server, before)


@asynccontextmanager
async def uvicorn_server(app: Quart) -> AsyncIterator[int]:
    """Serves the application with uvicorn; yields the port."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="wsproto", access_log=False)
    server = uvicorn.Server(config)
    listener = listen()
    port: int = listener.getsockname()[1]
    before = asyncio.all_tasks()
    running = asyncio.create_task(server._serve([listener]))
    try:
        yield port
    finally:
        over(app).set()
        server.should_exit = True
        await _end(running, before)
        listener.close()


def listen() -> socket.socket:
    """Returns a listener whose connections have small buffers, so that a halt shows soon."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * KIB)
    return listener


def over(app: Quart) -> asyncio.Event:
    """Returns what is set when the server ends, for views that would wait for ever."""
    event: asyncio.Event = app.extensions.setdefault("over", asyncio.Event())
    return event


async def _end(server: Task, before: set[Task]) -> None:
    """Ends the server, and with it the views that nothing else would end."""
    await asyncio.wait({server}, timeout=STOP_SECONDS)
    while rest := asyncio.all_tasks() - before:
        for task in rest:
            task.cancel()  # Hypercorn waits for connections again when it is cancelled
        await asyncio.wait(rest, timeout=0.1)
    await asyncio.gather(server, return_exceptions=True)


class RawClient:
    """A connection on which anything can be said."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        """Sends, and waits while the other side does not take more."""
        self._writer.write(data)
        await self._writer.drain()

    async def pour(self, pieces: int, *, seconds: float = 1.0) -> int:
        """Sends chunks without an end; returns how many bytes went out before it came to a halt."""
        sent_bytes = 0
        with suppress(ConnectionError, TimeoutError):
            for _ in range(pieces):
                async with asyncio.timeout(seconds):
                    await self.send(chunk(PIECE))
                sent_bytes += len(PIECE)
        return sent_bytes

    async def answer(self, seconds: float = PATIENCE_SECONDS) -> tuple[int, bytes]:
        """Reads an answer that says how long it is; returns its status and body."""
        async with asyncio.timeout(seconds):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].split()[0]
            return int(head.split()[1]), await self._reader.readexactly(int(length))

    async def head(self, seconds: float = PATIENCE_SECONDS) -> bytes:
        """Reads the head of an answer."""
        async with asyncio.timeout(seconds):
            return await self._reader.readuntil(b"\r\n\r\n")

    async def status(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Reads the head of an answer and returns its status."""
        return int((await self.head(seconds)).split()[1])

    async def ends_within(self, seconds: float) -> bool:
        """Tells whether the server closes the connection, whatever it sends before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._reader.read()
                return True
        return False

    def abort(self) -> None:
        """Resets the connection."""
        self._writer.transport.abort()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[RawClient]:
    """Opens a connection to the server; it is cut at the end."""
    client = RawClient(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield client
    finally:
        client.abort()


def chunk(data: bytes) -> bytes:
    """Returns one chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def chunked_post(path: str) -> bytes:
    """Returns the head of a request that does not say how long it is."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()


def post(path: str, *, content_bytes: int, kind: str = "application/json") -> bytes:
    """Returns the head of a request that says how long it is."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {content_bytes}\r\n\r\n"
    ).encode()


def get(path: str) -> bytes:
    """Returns a request."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


async def until(condition: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
    """Returns when the condition holds.

    Raises:
        TimeoutError: it does not in time.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - not ours to signal
            await asyncio.sleep(0.01)
