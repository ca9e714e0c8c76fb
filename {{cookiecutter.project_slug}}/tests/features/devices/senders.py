"""Devices that send as fast as they are answered, and remember what they know to be stored."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from app.realtime.client.client import RealtimeClient
from app.realtime.client.credentials import Credentials
from app.realtime.client.failures import RealtimeError
from app.realtime.client.failures import Refused
from tests.features.devices.talking import batch

BATCH = 5
PAUSE_SECONDS = 0.05
ANSWER_SECONDS = 3.0


@dataclass
class Sender:
    """A device; ``acknowledged`` is the highest number that it was told is stored."""

    device_id: UUID
    token: str
    acknowledged: int = 0
    failures: int = 0

    async def send(self, url: str) -> None:
        """Sends for ever; after a failure it asks how far it came, and goes on from there."""
        async with RealtimeClient(url, credentials=Credentials(bearer=self.token)) as client:
            last: int | None = None
            while True:
                try:
                    if last is None:
                        told = await client.call("readings.last", seconds=ANSWER_SECONDS)
                        last = int(told["last"])
                    data = batch(last + 1, BATCH)
                    told = await client.call("readings.put", data, seconds=ANSWER_SECONDS)
                    last = self.acknowledged = max(self.acknowledged, int(told["last"]))
                except RealtimeError as failure:
                    if isinstance(failure, Refused) and not failure.retry:
                        raise  # it would never work
                    last = None
                    self.failures += 1
                    await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def sending(senders: list[Sender], url: str) -> AsyncIterator[None]:
    """Has all of them send until the block ends."""
    tasks = [asyncio.create_task(one.send(url)) for one in senders]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [one for one in done if not isinstance(one, asyncio.CancelledError)] == []


async def get_on(senders: list[Sender], *, batches: int) -> None:
    """Waits until each of them was acknowledged that many batches more."""
    aims = [one.acknowledged + batches * BATCH for one in senders]
    async with asyncio.timeout(60):
        while any(  # noqa: ASYNC110 - what is waited for is another process
            one.acknowledged < aim for one, aim in zip(senders, aims, strict=True)
        ):
            await asyncio.sleep(0.01)
