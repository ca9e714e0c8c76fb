"""A connection that ends in the moment in which it begins to idle."""

import asyncio
import gc

import pytest
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.worker_context import AsyncioSingleTask

from app.transport.idle_task import IdleTask


async def idle_after_the_end(task: AsyncioSingleTask) -> None:
    """Begins to idle when the tasks of the connection have ended."""
    async with TaskGroup(asyncio.get_running_loop()) as group:
        pass
    await task.restart(group, asyncio.Event().wait)
    gc.collect()  # a coroutine that nobody awaited would be told of here


async def test_it_ends_without_a_word() -> None:
    await idle_after_the_end(IdleTask())


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_hypercorns_own_raises() -> None:
    with pytest.raises(RuntimeError):
        await idle_after_the_end(AsyncioSingleTask())


async def test_a_new_wait_takes_the_place_of_the_old_one() -> None:
    task, ended = IdleTask(), asyncio.Event()

    async def first() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with TaskGroup(asyncio.get_running_loop()) as group:
        await task.restart(group, first)
        await asyncio.sleep(0)
        await task.restart(group, asyncio.Event().wait)
        assert ended.is_set()
        await task.stop()
