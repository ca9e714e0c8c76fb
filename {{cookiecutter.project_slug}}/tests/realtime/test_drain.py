"""Going away politely."""

import asyncio

from app.realtime.protocol.close_codes import CloseCode
from tests.realtime.rig import Clock
from tests.realtime.rig import Rig
from tests.realtime.rig import running
from tests.realtime.rig import until


async def test_closes_are_spread_over_the_window() -> None:
    clock = Clock()
    async with (
        running(clock=clock) as rig,
        rig.socket("ada") as ada,
        rig.socket("grace") as grace,
    ):
        await ada.hello()
        await grace.hello()

        draining = asyncio.create_task(rig.realtime.drain(window_seconds=0.2, deadline_seconds=60))
        await asyncio.sleep(0)  # from here on the first of them is waited for
        clock.seconds -= 3_600  # and then, however slow the machine is, the second for an hour
        await asyncio.wait(
            [asyncio.create_task(one.connection.wait_closed()) for one in (ada, grace)],
            return_when=asyncio.FIRST_COMPLETED,
        )

        assert rig.realtime.connections == 1
        draining.cancel()


async def test_who_does_not_answer_is_cut_at_the_deadline() -> None:
    async with running() as rig, rig.socket() as ada:
        await ada.hello()
        ada.connection.transport.pause_reading()

        await rig.realtime.drain(window_seconds=0, deadline_seconds=0.1)

        await until(lambda: rig.realtime.connections == 0)
        ada.connection.transport.resume_reading()


async def test_draining_again_changes_nothing(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()
        await asyncio.gather(
            rig.realtime.drain(window_seconds=0.05, deadline_seconds=60),
            rig.realtime.drain(window_seconds=0.05, deadline_seconds=60),
        )

        assert [(await ada.receive())["type"] for _ in range(2)] == ["drain", "bye"]
        assert await ada.closed() == CloseCode.RESTART


async def test_who_has_not_said_hello_is_closed_without_an_announcement(rig: Rig) -> None:
    async with rig.socket() as newcomer:
        await until(lambda: rig.realtime.connections == 1)

        await rig.realtime.drain(window_seconds=0, deadline_seconds=60)

        assert (await newcomer.receive())["type"] == "bye"
        assert await newcomer.closed() == CloseCode.RESTART


async def test_a_connection_that_comes_in_at_the_last_moment_is_closed(rig: Rig) -> None:
    rig.realtime._core.is_draining = False
    async with rig.socket() as ada:
        await ada.hello()
        core = rig.realtime._core
        connection = next(iter(core.hub.connections.values()))
        core.is_draining = True

        core.attach(connection)

        assert await ada.closed() == CloseCode.RESTART
        core.is_draining = False
