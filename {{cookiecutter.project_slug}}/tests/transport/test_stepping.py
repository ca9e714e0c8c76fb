import asyncio

import pytest

from app.transport.stepping import step_into


async def test_what_never_waits_is_done_at_once() -> None:
    done = []

    async def quick() -> None:
        done.append("first")

    assert step_into(quick()) is None
    assert done == ["first"]


async def test_what_waits_goes_on_where_it_stopped() -> None:
    gate: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    done = []

    async def slow() -> str:
        done.append("before")
        done.append(await gate)
        await asyncio.sleep(0)
        done.append("after")
        return "value"

    rest = step_into(slow())

    assert rest is not None
    assert done == ["before"]
    gate.set_result("opened")
    assert await rest == "value"
    assert done == ["before", "opened", "after"]


async def test_a_task_can_wait_for_the_rest() -> None:
    gate = asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return "value"

    rest = step_into(slow())
    assert rest is not None

    async def waiting() -> object:
        return await rest

    task = asyncio.create_task(waiting())
    gate.set()

    assert await task == "value"


async def test_what_fails_at_once_fails_here() -> None:
    async def broken() -> None:
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        step_into(broken())


async def test_what_fails_later_fails_where_it_is_awaited() -> None:
    gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    seen = []

    async def careful() -> None:
        try:
            await gate
        except ConnectionResetError as fault:
            seen.append(str(fault))
            raise LookupError("nobody") from fault

    rest = step_into(careful())
    gate.set_exception(ConnectionResetError("gone"))

    assert rest is not None
    with pytest.raises(LookupError, match="nobody"):
        await rest
    assert seen == ["gone"]


async def test_a_cancelled_wait_is_cancelled_inside() -> None:
    gate = asyncio.Event()
    left = []

    async def locked() -> None:
        try:
            await gate.wait()
        finally:
            left.append("lock")

    rest = step_into(locked())
    assert rest is not None

    async def waiting() -> None:
        await rest

    task = asyncio.create_task(waiting())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert left == ["lock"]


async def test_what_nobody_awaits_lets_go_of_what_it_holds() -> None:
    lock = asyncio.Lock()
    gate = asyncio.Event()

    async def locked() -> None:
        async with lock:
            await gate.wait()

    rest = step_into(locked())
    assert lock.locked()
    del rest

    assert not lock.locked()
