"""What a client sends while a command of its own runs: a bounded few frames, then it waits."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.realtime.rig import running
from tests.realtime.subscribing.test_attempt import GatedBackplane
from tests.realtime.subscribing.test_attempt import reading

FRAMES = 400
FRAME = '{"type":"pong","padding":"%s"}' % ("x" * 60_000)
BLOCKED_SECONDS = 1.0


@pytest.mark.parametrize(
    ("inbound_frames", "gets_through"),
    [pytest.param(16, False, id="bounded"), pytest.param(FRAMES, True, id="switched off")],
)
async def test_a_client_that_sends_on_and_on_waits_for_the_server(
    inbound_frames: int, gets_through: bool
) -> None:
    async with (
        running(GatedBackplane(), inbound_frames=inbound_frames) as rig,
        rig.socket() as ada,
    ):
        await ada.hello()
        await reading(rig, ada)

        sending = asyncio.create_task(_send(ada.connection.send))
        await asyncio.wait({sending}, timeout=PATIENCE_SECONDS if gets_through else BLOCKED_SECONDS)

        assert sending.done() == gets_through
        sending.cancel()
        ada.connection.transport.abort()


async def _send(send: Callable[[str], Awaitable[None]]) -> None:
    for _ in range(FRAMES):
        await send(FRAME)
