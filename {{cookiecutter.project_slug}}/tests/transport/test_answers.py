"""Answers over a real server: ended in time, and no burden when nobody listens."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from quart import Quart
from quart import Response

from app.transport.http_connection import WRITE_SECONDS
from tests.patience import PATIENCE_SECONDS
from tests.transport.servers import Server
from tests.transport.servers import connected
from tests.transport.servers import get
from tests.transport.servers import hypercorn
from tests.transport.servers import only_on_023
from tests.transport.servers import over
from tests.transport.servers import until
from tests.transport.servers import uvicorn_server

BOTH = pytest.mark.parametrize("server", [hypercorn, uvicorn_server])
RESPONSE_SECONDS = 0.3
STUCK_SECONDS = 1.5


def add_stuck(app: Quart) -> None:
    """Adds a view whose answer begins and never goes on, where an answer may not take long."""
    app.config["RESPONSE_TIMEOUT"] = RESPONSE_SECONDS

    @app.get("/stuck")
    async def stuck() -> Response:
        async def body() -> AsyncIterator[bytes]:
            yield b"beginning"
            await over(app).wait()

        return Response(body())


class Endless:
    """A view whose answer never ends and never really waits."""

    def __init__(self, app: Quart, *, chunk_bytes: int = 1_024) -> None:
        self._chunk = b"x" * chunk_bytes
        self.chunks = 0
        self.closed = False
        app.get("/endless")(self.view)

    async def view(self) -> Response:
        """Returns the answer."""
        response = Response(self._body())
        response.timeout = None
        return response

    async def _body(self) -> AsyncIterator[bytes]:
        try:
            while self.chunks < 4_000:  # or the test of stock Quart would never end
                self.chunks += 1
                yield self._chunk
        finally:
            self.closed = True


@BOTH
async def test_an_answer_that_takes_too_long_ends_the_connection(
    hardened: Quart, server: Server
) -> None:
    add_stuck(hardened)

    async with server(hardened) as port, connected(port) as client:
        await client.send(get("/stuck"))
        assert await client.status() == 200

        assert await client.ends_within(PATIENCE_SECONDS)


@only_on_023
async def test_stock_quart_leaves_the_client_hanging_when_an_answer_takes_too_long(
    stock: Quart,
) -> None:
    add_stuck(stock)

    async with hypercorn(stock) as port, connected(port) as client:
        await client.send(get("/stuck"))
        assert await client.status() == 200

        assert not await client.ends_within(STUCK_SECONDS)


@BOTH
async def test_an_endless_answer_stops_when_its_client_is_gone(
    hardened: Quart, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    endless = Endless(hardened)

    async with server(hardened) as port:
        async with connected(port) as client:
            await client.send(get("/endless"))
            assert await client.status() == 200
        await until(lambda: endless.closed)

    assert endless.chunks < 4_000
    assert [line for line in caplog.records if line.levelno >= logging.ERROR] == []


async def test_under_stock_quart_an_endless_answer_runs_on_and_blocks_the_loop(
    stock: Quart,
) -> None:
    endless = Endless(stock)

    async with hypercorn(stock) as port:
        async with connected(port) as client:
            await client.send(get("/endless"))
            assert await client.status() == 200
        await until(lambda: endless.closed)

    assert endless.chunks == 4_000


@BOTH
async def test_a_client_that_reads_nothing_is_given_up_though_the_answer_has_no_deadline(
    hardened: Quart, server: Server
) -> None:
    hardened.config[WRITE_SECONDS] = 0.2
    endless = Endless(hardened, chunk_bytes=256 * 1_024)

    async with server(hardened) as port, connected(port) as client:
        await client.send(get("/endless"))
        await until(lambda: endless.closed)

    assert endless.chunks < 4_000


async def test_a_client_that_leaves_ends_the_view(hardened: Quart) -> None:
    ended = asyncio.Event()
    began = asyncio.Event()

    @hardened.get("/slow")
    async def slow() -> str:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    async with hypercorn(hardened) as port:
        async with connected(port) as client:
            await client.send(get("/slow"))
            await asyncio.wait_for(began.wait(), 60)
        await asyncio.wait_for(ended.wait(), 60)

    assert ended.is_set()


async def test_many_requests_go_over_one_connection_and_leave_no_task(hardened: Quart) -> None:
    @hardened.get("/quick")
    async def quick() -> Response:
        return Response("ok", headers={"Content-Length": "2"})

    async with hypercorn(hardened) as port, connected(port) as client:
        await client.send(get("/quick"))
        assert await client.status() == 200
        tasks = len(asyncio.all_tasks())
        for _ in range(50):
            await client.send(get("/quick"))
            assert await client.status() == 200

        assert len(asyncio.all_tasks()) <= tasks + 2
