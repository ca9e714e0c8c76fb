"""Tasks that run for ever do not end unnoticed."""

import asyncio

from structlog.testing import capture_logs

from app.realtime.supervise import STEADY_SECONDS
from app.realtime.supervise import Supervisor
from tests.realtime.rig import until


async def test_what_fails_or_returns_is_logged_and_starts_again() -> None:
    supervisor = Supervisor(restart_seconds=0)
    runs = 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise RuntimeError("a bug")
        if runs == 3:
            await asyncio.Event().wait()

    with capture_logs() as logs:
        supervisor.keep("worker", run)
        await until(lambda: runs == 3)
        await supervisor.close()

    assert [entry["event"] for entry in logs] == ["realtime.task_failed", "realtime.task_returned"]
    assert {entry["task"] for entry in logs} == {"worker"}


async def test_what_keeps_crashing_is_tried_less_often_and_told_after_the_fifth_time() -> None:
    now = 0.0
    supervisor = Supervisor(restart_seconds=0.001, clock=lambda: now)
    crashes = 0
    told: list[list[str]] = []

    async def crash() -> None:
        nonlocal crashes
        told.append(supervisor.failing)
        crashes += 1
        if crashes == 8:
            await asyncio.Event().wait()
        raise RuntimeError("a bug")

    with capture_logs():
        supervisor.keep("worker", crash)
        await until(lambda: crashes == 8)

    assert told == [[]] * 5 + [["worker"]] * 3
    now = STEADY_SECONDS
    assert supervisor.failing == []
    await supervisor.close()


def test_the_pauses_begin_with_a_second_and_end_at_half_a_minute() -> None:
    supervisor = Supervisor()

    pauses = [supervisor._pause_seconds(crashes) for crashes in (1, 2, 3, 4, 5, 6, 100_000)]

    assert pauses == [1, 2, 4, 8, 16, 30, 30]


async def test_a_task_that_fails_once_is_logged() -> None:
    supervisor = Supervisor()

    async def run() -> None:
        raise RuntimeError("a bug")

    with capture_logs() as logs:
        task = supervisor.start("errand", run())
        await until(task.done)
        await asyncio.sleep(0)

    assert logs[0]["task"] == "realtime:errand"
    await supervisor.close()


async def test_closing_waits_for_everything_to_end() -> None:
    supervisor = Supervisor()
    ended = []

    async def run() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    supervisor.start("one", run())
    supervisor.keep("two", run)
    await asyncio.sleep(0)

    await supervisor.close()

    assert ended == [True, True]
