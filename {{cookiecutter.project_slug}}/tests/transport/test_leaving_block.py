"""A block that ends when the client leaves, and only then."""

import asyncio
from typing import Any

import pytest

from app.transport.leaving import Leaving


async def nobody_leaves() -> Any:
    await asyncio.Event().wait()


async def somebody_leaves() -> Any:
    return {"type": "http.disconnect"}


async def test_a_block_ends_when_the_client_leaves() -> None:
    async with asyncio.timeout(60), Leaving(somebody_leaves) as client:
        await asyncio.Event().wait()

    assert client.has_left


async def test_a_quick_block_never_listens() -> None:
    before = asyncio.all_tasks()

    async with Leaving(somebody_leaves) as client:
        assert asyncio.all_tasks() == before

    assert not client.has_left


async def test_what_arrives_before_is_dropped() -> None:
    arriving = [{"type": "http.disconnect"}, {"type": "http.request", "body": b""}]

    async def receive() -> Any:
        return arriving.pop()

    async with asyncio.timeout(60), Leaving(receive) as client:
        await asyncio.Event().wait()

    assert client.has_left


async def test_a_fault_in_the_block_is_passed_on() -> None:
    with pytest.raises(LookupError):
        async with Leaving(nobody_leaves):
            raise LookupError


async def test_who_else_cancels_is_obeyed() -> None:
    inside = asyncio.Event()

    async def serve() -> None:
        async with Leaving(nobody_leaves):
            inside.set()
            await asyncio.Event().wait()

    serving = asyncio.create_task(serve())
    await inside.wait()
    serving.cancel()
    await asyncio.wait({serving})

    assert serving.cancelled()


async def test_each_of_many_blocks_at_once_ends_when_its_client_leaves() -> None:
    async def serve(*, stays: bool) -> bool:
        async with Leaving(nobody_leaves if stays else somebody_leaves) as client:
            await (asyncio.sleep(0) if stays else asyncio.Event().wait())
        return client.has_left

    async with asyncio.timeout(60):
        left = await asyncio.gather(*(serve(stays=number % 2 == 0) for number in range(50)))

    assert left == [False, True] * 25


def test_blocks_are_watched_on_one_loop_after_another() -> None:
    async def serve() -> bool:
        async with asyncio.timeout(60), Leaving(somebody_leaves) as client:
            await asyncio.Event().wait()
        return client.has_left

    assert [asyncio.run(serve()) for _ in range(3)] == [True] * 3
