"""Tasks that run for ever do not end unnoticed."""

import asyncio

from structlog.testing import capture_logs

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
