"""Bodies that come too slowly are refused, however large they may be and whoever reads them."""

import asyncio
import json
from contextlib import AsyncExitStack
from contextlib import suppress

import pytest
from quart import Quart
from quart import request

from app.settings import WebSettings
from app.transport import harden
from app.transport.hardening import BODY_RATE
from app.transport.pace import MinimumRate
from app.web.problems import install_problems
from tests.patience import PATIENCE_SECONDS
from tests.transport.own_servers import served
from tests.transport.own_servers import settings_of
from tests.transport.servers import KIB
from tests.transport.servers import PIECE
from tests.transport.servers import RawClient
from tests.transport.servers import chunk
from tests.transport.servers import chunked_post
from tests.transport.servers import connected
from tests.transport.servers import get
from tests.transport.servers import hypercorn
from tests.transport.servers import post

BOTH = pytest.mark.parametrize("server", ["hypercorn", "uvicorn"])
WINDOW_SECONDS = 0.1
RATE = KIB
SLOW_CLIENTS = 100


@pytest.fixture
def limits() -> WebSettings:
    """Returns limits under which a slow body is soon found out."""
    return WebSettings.model_construct(
        body_max_bytes=100 * 1024**2,
        body_seconds=60.0,
        body_min_bytes_per_second=RATE,
        body_window_seconds=WINDOW_SECONDS,
    )


@pytest.fixture
def app(limits: WebSettings) -> Quart:
    """Returns an application that counts bodies as they arrive, or whole, and says hello."""
    app = Quart("slow", static_folder=None)
    harden(app, limits)
    install_problems(app)
    add_views(app)
    return app


def add_views(app: Quart) -> None:
    """Adds the views."""

    @app.post("/read")
    async def read() -> dict[str, int]:
        return {"bytes": sum([len(part) async for part in request.body])}

    @app.post("/collect")
    async def collect() -> dict[str, int]:
        return {"bytes": len(await request.get_data())}

    @app.post("/store")
    async def store() -> dict[str, int]:
        size_bytes = 0
        async for part in request.body:
            size_bytes += len(part)
            await asyncio.sleep(WINDOW_SECONDS)
        return {"bytes": size_bytes}

    @app.get("/hello")
    async def hello() -> str:
        return "hello"


async def trickle(client: RawClient) -> None:
    """Sends a byte now and then until the server has had enough."""
    with suppress(ConnectionError):
        while True:
            await client.send(chunk(b"x"))
            await asyncio.sleep(WINDOW_SECONDS / 10)


@BOTH
async def test_a_client_that_stops_in_the_middle_hears_408_and_is_closed(
    app: Quart, server: str
) -> None:
    async with served(app, settings_of(server)) as port, connected(port) as client:
        await client.send(post("/collect", content_bytes=10 * KIB) + b"x" * 100)

        status, answer = await client.answer()
        assert await client.ends_within(PATIENCE_SECONDS)

    assert status == 408
    assert json.loads(answer)["type"] == "/problems/request-timeout"


@BOTH
async def test_a_client_that_sends_a_byte_now_and_then_is_closed(app: Quart, server: str) -> None:
    async with served(app, settings_of(server)) as port, connected(port) as client:
        await client.send(chunked_post("/read") + chunk(PIECE))
        async with asyncio.timeout(PATIENCE_SECONDS):
            sending = asyncio.create_task(trickle(client))
            assert await client.status() == 408
            assert await client.ends_within(PATIENCE_SECONDS)
            await sending


async def test_stock_quart_waits_for_such_a_client(stock: Quart) -> None:
    add_views(stock)

    async with hypercorn(stock) as port, connected(port) as client:
        await client.send(post("/collect", content_bytes=10 * KIB) + b"x" * 100)

        assert not await client.ends_within(6 * WINDOW_SECONDS)


async def send_in_pieces(client: RawClient, piece: bytes, *, pause_seconds: float) -> float:
    """Sends 16 pieces, one after each pause; returns the longest pause that it came to be."""
    loop = asyncio.get_running_loop()
    await client.send(chunked_post("/read"))
    longest = 0.0
    for _ in range(16):
        began = loop.time()
        await client.send(chunk(piece))
        await asyncio.sleep(pause_seconds)
        longest = max(longest, loop.time() - began)
    await client.send(b"0\r\n\r\n")
    return longest


@BOTH
async def test_a_client_that_keeps_the_pace_may_take_its_time(app: Quart, server: str) -> None:
    window_seconds = 2 * WINDOW_SECONDS
    app.config[BODY_RATE] = MinimumRate(RATE, window_seconds)
    piece = b"x" * int(2 * RATE * window_seconds)

    async with served(app, settings_of(server)) as port, asyncio.timeout(PATIENCE_SECONDS):
        longest_seconds = window_seconds
        while longest_seconds > window_seconds / 2:  # a busy machine may keep it from its pace
            async with connected(port) as client:
                longest_seconds = await send_in_pieces(
                    client, piece, pause_seconds=window_seconds / 4
                )
                status, answer = await client.answer()

    assert (status, json.loads(answer)) == (200, {"bytes": 16 * len(piece)})


async def test_nobody_is_blamed_for_a_store_that_is_slow(app: Quart) -> None:
    async with served(app, settings_of("hypercorn")) as port, connected(port) as client:
        await client.send(chunked_post("/store") + chunk(b"x") * 4)
        await asyncio.sleep(0)
        await client.send(b"0\r\n\r\n")

        assert await client.status() == 200


@BOTH
async def test_a_hundred_slow_bodies_keep_nobody_else_waiting(app: Quart, server: str) -> None:
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(served(app, settings_of(server)))
        slow = [await stack.enter_async_context(connected(port)) for _ in range(SLOW_CLIENTS)]
        for client in slow:
            await client.send(post("/read", content_bytes=10**6))
        good = await stack.enter_async_context(connected(port))
        await good.send(get("/hello"))
        assert await good.status() == 200
        statuses = await asyncio.gather(*(client.status() for client in slow))
        ended = await asyncio.gather(*(client.ends_within(PATIENCE_SECONDS) for client in slow))

    assert statuses == [408] * SLOW_CLIENTS
    assert all(ended)
