"""One simulated device: it numbers its readings, and repeats a batch until it is acknowledged."""

import asyncio
import math
import random
import time
from contextlib import suppress
from uuid import UUID

from app.realtime.client import Credentials
from app.realtime.client import DeadlinePassed
from app.realtime.client import Disconnected
from app.realtime.client import Listener
from app.realtime.client import RealtimeClient
from app.realtime.client import Refused
from app.realtime.client import Stopped

from .plan import Plan
from .registering import METRICS
from .tally import Tally

ARRIVE_SECONDS = 10.0
CALL_SECONDS = 15.0
PAUSE_SECONDS = 0.5
CUT_AFTER_SECONDS = 0.01  # on its way, and perhaps committed, but not acknowledged yet

Batch = dict[str, object]


class SimulatedDevice:
    """A client and a count; ``acknowledged`` is the last number that the service has told."""

    def __init__(self, plan: Plan, tally: Tally, device_id: UUID, token: str, number: int) -> None:
        self._plan = plan
        self._tally = tally
        self._chance = random.Random(plan.seed * 1_000_003 + number)  # noqa: S311 - no secret
        self._client = RealtimeClient(
            plan.url, credentials=Credentials(bearer=token), client="simulator/1"
        )
        self._client.subscribe(f"orders:{device_id}", Listener(), presence=True)
        self.id = device_id
        self.acknowledged = 0

    @property
    def is_connected(self) -> bool:
        """Whether its socket is open."""
        return self._client.status.state in {"live", "degraded"}

    def open(self) -> None:
        """Begins to connect, unless it does already."""
        self._client.open()

    async def arrive(self) -> None:
        """Connects, and waits until it is let in, for a while; then it goes on trying alone."""
        self.open()
        with suppress(Stopped, TimeoutError):
            async with asyncio.timeout(ARRIVE_SECONDS):
                await self._client.ready()

    async def close(self) -> None:
        """Ends the connection."""
        await self._client.close()

    async def run(self, until: float) -> None:
        """Measures and sends until a moment of the loop's clock."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._chance.random() * self._plan.interval_seconds)
        while loop.time() < until:
            due = loop.time() + self._plan.interval_seconds
            await self._send(self._measure(), until=until)
            await asyncio.sleep(max(0.0, min(due, until) - loop.time()))

    def _measure(self) -> Batch:
        now_ms = int(time.time() * 1_000)
        readings = [
            {
                "metric": METRICS[place % len(METRICS)],
                "value": 20 + 5 * math.sin(now_ms / 60_000) + self._chance.random(),
                "at_ms": now_ms - 10 * (self._plan.batch - place),
            }
            for place in range(self._plan.batch)
        ]
        return {"first": self.acknowledged + 1, "readings": readings}

    async def _send(self, batch: Batch, *, until: float) -> None:
        """Sends a batch, again and again; after the end once more, for what is under way."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._tally.sent += self._plan.batch
        is_cut = self._chance.random() < self._plan.cuts
        while True:
            try:
                cut = self._cut() if is_cut else None
                is_cut = False
                told = await self._call(batch, cut)
            except (DeadlinePassed, Disconnected, Stopped) as failure:
                self._tally.failures[type(failure).__name__] += 1
            except Refused as failure:
                self._tally.failures[str(failure)[:80]] += 1
                if not failure.retry:
                    return
            else:
                new = told - self.acknowledged
                self.acknowledged = told
                self._tally.acknowledged += new
                self._tally.latencies.add(loop.time() - began)
                return
            if loop.time() > until:
                return
            self._tally.repeats += 1
            self._client.open()
            await asyncio.sleep(self._chance.random() * PAUSE_SECONDS)

    async def _call(self, batch: Batch, cut: "asyncio.Task[None] | None") -> int:
        try:
            told = await self._client.call("readings.put", batch, seconds=CALL_SECONDS)
            return int(told["last"])
        finally:
            if cut is not None:
                await asyncio.gather(cut, return_exceptions=True)
                self._client.open()

    def _cut(self) -> "asyncio.Task[None]":
        async def cut() -> None:
            await asyncio.sleep(self._chance.random() * CUT_AFTER_SECONDS)
            self._tally.cuts += 1
            await self._client.close()

        return asyncio.get_running_loop().create_task(cut(), name="simulated cut")
