"""Bodies over a real server: refused in time, held back, and never left in the way.

The tests of `stock` show what Quart does without us. When one of them fails, the fix can go.
"""

import asyncio
import json

from quart import Quart
from quart import request

from app.transport import body_limit
from tests.patience import PATIENCE_SECONDS
from tests.transport.servers import KERNEL_BYTES
from tests.transport.servers import KIB
from tests.transport.servers import PIECE
from tests.transport.servers import chunk
from tests.transport.servers import chunked_post
from tests.transport.servers import connected
from tests.transport.servers import hypercorn
from tests.transport.servers import only_on_023
from tests.transport.servers import over
from tests.transport.servers import post

LIMIT_BYTES = 64 * KIB
FLOOD_BYTES = 3 * KERNEL_BYTES
FLOOD = FLOOD_BYTES // len(PIECE)


def add_reader(app: Quart) -> None:
    """Adds a view that reads the body as it arrives."""

    @app.post("/read")
    async def read() -> dict[str, int]:
        return {"bytes": sum([len(part) async for part in request.body])}


def add_collector(app: Quart) -> None:
    """Adds a view that wants the body whole."""

    @app.post("/collect")
    async def collect() -> dict[str, int]:
        return {"bytes": len(await request.get_data())}


def add_sleeper(app: Quart) -> None:
    """Adds a view that answers in the end, and does not read."""

    @app.post("/sleep")
    @body_limit(4 * FLOOD_BYTES)
    async def sleep() -> dict[str, int]:
        await over(app).wait()
        return {"bytes": 0}


async def test_a_chunked_body_is_refused_at_the_limit_though_it_never_ends(hardened: Quart) -> None:
    add_collector(hardened)

    async with hypercorn(hardened) as port, connected(port) as client:
        await client.send(chunked_post("/collect") + chunk(PIECE) * 5)
        status, answer = await client.answer()

    assert status == 413
    assert json.loads(answer)["limit_bytes"] == LIMIT_BYTES


@only_on_023
async def test_stock_quart_collects_an_endless_body_in_memory(stock: Quart) -> None:
    add_collector(stock)

    async with hypercorn(stock) as port, connected(port) as client:
        await client.send(chunked_post("/collect"))
        sent_bytes = await client.pour(FLOOD, seconds=PATIENCE_SECONDS)

    assert sent_bytes == FLOOD_BYTES


async def test_a_body_that_is_read_as_it_arrives_is_refused_at_the_limit(hardened: Quart) -> None:
    add_reader(hardened)

    async with hypercorn(hardened) as port, connected(port) as client:
        await client.send(chunked_post("/read"))
        sent_bytes = await client.pour(FLOOD)

    assert sent_bytes < KERNEL_BYTES


@only_on_023
async def test_stock_quart_has_no_limit_for_a_body_that_is_read_as_it_arrives(stock: Quart) -> None:
    add_reader(stock)

    async with hypercorn(stock) as port, connected(port) as client:
        await client.send(chunked_post("/read"))
        sent_bytes = await client.pour(FLOOD, seconds=PATIENCE_SECONDS)
        await client.send(b"0\r\n\r\n")
        status = await client.status()

    assert (sent_bytes, status) == (FLOOD_BYTES, 200)


async def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(
    hardened: Quart,
) -> None:
    add_collector(hardened)

    async with hypercorn(hardened) as port, connected(port) as client:
        await client.send(post("/collect", content_bytes=10**12))
        status = await client.status()

    assert status == 413


async def test_a_client_that_sends_first_and_reads_then_still_hears_why_it_was_refused(
    hardened: Quart,
) -> None:
    add_collector(hardened)
    content_bytes = 4 * LIMIT_BYTES

    async with hypercorn(hardened) as port, connected(port) as client:
        await client.send(post("/collect", content_bytes=content_bytes))
        for _ in range(content_bytes // len(PIECE)):
            await client.send(PIECE)
            await asyncio.sleep(0.001)
        status = await client.status()

    assert status == 413


async def test_a_body_within_the_limit_arrives_whole(hardened: Quart) -> None:
    add_reader(hardened)
    add_collector(hardened)

    async with hypercorn(hardened) as port:
        for path in ("/read", "/collect"):
            async with connected(port) as client:
                await client.send(chunked_post(path) + chunk(PIECE) * 4 + b"0\r\n\r\n")

                assert await client.status() == 200


async def test_a_route_may_take_more_than_the_application(hardened: Quart) -> None:
    add_reader(hardened)
    body_limit(10 * LIMIT_BYTES)(hardened.view_functions["read"])

    async with hypercorn(hardened) as port, connected(port) as client:
        await client.send(chunked_post("/read") + chunk(PIECE) * 40 + b"0\r\n\r\n")
        status = await client.status()

    assert status == 200


async def test_a_route_may_take_less_than_the_application(hardened: Quart) -> None:
    add_reader(hardened)
    body_limit(1 * KIB)(hardened.view_functions["read"])

    async with hypercorn(hardened) as port, connected(port) as client:
        await client.send(chunked_post("/read") + chunk(b"x" * 1025) + b"0\r\n\r\n")
        status, answer = await client.answer()

    assert status == 413
    assert json.loads(answer)["limit_bytes"] == 1 * KIB


async def test_a_body_that_nobody_reads_is_held_back(hardened: Quart) -> None:
    add_sleeper(hardened)

    async with hypercorn(hardened) as port, connected(port) as client:
        await client.send(chunked_post("/sleep"))
        sent_bytes = await client.pour(FLOOD)

    assert sent_bytes < KERNEL_BYTES


async def test_stock_quart_buffers_a_body_that_nobody_reads(stock: Quart) -> None:
    stock.config["MAX_CONTENT_LENGTH"] = 4 * FLOOD_BYTES
    add_sleeper(stock)

    async with hypercorn(stock) as port, connected(port) as client:
        await client.send(chunked_post("/sleep"))
        sent_bytes = await client.pour(FLOOD, seconds=PATIENCE_SECONDS)

    assert sent_bytes == FLOOD_BYTES


async def test_a_view_that_never_reads_its_body_can_still_answer(hardened: Quart) -> None:
    add_sleeper(hardened)

    async with hypercorn(hardened) as port, connected(port) as client:
        await client.send(chunked_post("/sleep"))
        await client.pour(FLOOD)
        over(hardened).set()
        status = await client.status()

    assert status == 200
