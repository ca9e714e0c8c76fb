"""Publishes numbers at a fixed rate and keeps what it was told of each."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from secrets import token_hex

import httpx

from app.realtime.backplane import Position
from tests.realtime.faults.nodes import Node

RETRY_SECONDS = 0.05


class Publisher:
    """Sends each number through one of the nodes until one has taken it, with one key all along.

    ``truth`` is what was acknowledged, ``newest`` the position of the last of it.
    """

    def __init__(self, topic: str, nodes: Sequence[Node], *, rate_per_second: float) -> None:
        self._topic = topic
        self._nodes = itertools.cycle(nodes)
        self._node = next(self._nodes)
        self._pause_seconds = 1 / rate_per_second
        self._run = token_hex(4)
        self._task: asyncio.Task[None] | None = None
        self._is_wanted = True
        self.truth: dict[Position, int] = {}
        self.newest = Position("", 0)
        self.retries = 0

    def start(self) -> None:
        """Begins to publish."""
        self._task = asyncio.create_task(self._publish_all(), name="publisher")

    async def stop(self) -> None:
        """Finishes the number at hand and stops; raises what went wrong, if anything did."""
        self._is_wanted = False
        if self._task:
            await self._task

    async def publish(self, client: httpx.AsyncClient, number: int) -> None:
        """Sends one number, again and again until it is acknowledged."""
        while True:
            try:
                answer = await client.post(
                    f"{self._node.url}/publish/{self._topic}",
                    content=str(number).encode(),
                    headers={"Idempotency-Key": f"{self._run}-{number}"},
                )
            except httpx.TransportError:
                self._node = next(self._nodes)
            else:
                if answer.status_code == 200:
                    self.newest = Position(**answer.json())
                    self.truth[self.newest] = number
                    return
                assert answer.status_code == 503, answer.text
            self.retries += 1
            await asyncio.sleep(RETRY_SECONDS)

    async def _publish_all(self) -> None:
        began = time.monotonic()
        async with httpx.AsyncClient(timeout=3) as client:
            for number in itertools.count(1):
                if not self._is_wanted:
                    return
                await self.publish(client, number)
                due_in = began + number * self._pause_seconds - time.monotonic()
                await asyncio.sleep(max(0.0, due_in))
