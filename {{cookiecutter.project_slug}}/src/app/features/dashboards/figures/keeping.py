"""Every second: a process says what it measured, and one of them sums, stores and publishes.

That one holds an advisory lock on a connection of its own. When it dies PostgreSQL ends the
connection and frees the lock, and whoever asks first in the next second goes on.
"""

import asyncio
import os
import re
import socket
import time
from collections.abc import Awaitable
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from datetime import timedelta

import asyncpg
import structlog

from app.database import Database
from app.errors import Unavailable
from app.features.dashboards.figures import store
from app.features.dashboards.figures.facade import Figures
from app.features.dashboards.figures.facade import Sample
from app.features.dashboards.figures.sampling import ProcessSample
from app.features.dashboards.figures.sampling import Sampler
from app.features.dashboards.figures.summing import percentiles
from app.features.dashboards.figures.summing import summed
from app.features.dashboards.figures.topics import TOPIC_OF
from app.features.dashboards.figures.topics import encoded
from app.features.dashboards.figures.topics import for_audience
from app.features.dashboards.figures.topics import process_topic
from app.realtime import Realtime

SECOND = 1.0
# The loop is asked so often in a second how late it is; the worst answer is the figure.
PROBES = 5
# A new keeper makes up for what the one before did not roll up.
CATCH_UP = timedelta(hours=1)
AWAY = (Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

log = structlog.get_logger()


def process_name() -> str:
    """Returns what this process is called: its host and its number there."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", f"{socket.gethostname()}-{os.getpid()}")


class Keeper:
    """The figures of one process, and while it holds the lock those of the service."""

    def __init__(
        self,
        sampler: Sampler,
        *,
        database: Database,
        realtime: Realtime,
        figures: Figures,
        jobs_waiting: Callable[[], Awaitable[int]],
        name: str = "",
    ) -> None:
        self.name = name or process_name()
        self.sums = False
        self._sampler = sampler
        self._database = database
        self._realtime = realtime
        self._figures = figures
        self._jobs_waiting = jobs_waiting
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._summed_at: datetime | None = None
        self._rolled_up_to: datetime | None = None
        self._is_away = False

    async def run(self) -> None:
        """Measures once a second, for ever."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                due = max(due + SECOND, loop.time())
                await self.tick(lag_seconds=await _lag_until(due))
        finally:
            await self.close()

    async def tick(self, *, lag_seconds: float = 0.0) -> None:
        """Takes one sample and does with it what is this process's to do."""
        sample = self._sampler.take(lag_seconds=lag_seconds)
        try:
            connection = await self._connected()
            await store.say(connection, self.name, sample)
            if not self.sums and await store.take_lock(connection):
                self.sums, self._rolled_up_to = True, None
                log.info("figures_summed_here", process=self.name)
            if self.sums:
                await self._sum(connection)
        except AWAY as error:
            await self._give_up(error)
        else:
            self._is_away = False
        await self._publish_own(sample)

    async def close(self) -> None:
        """Lets go of the connection, and of the lock with it."""
        connection, self._connection, self.sums = self._connection, None, False
        if connection is not None:
            connection.terminate()

    async def _connected(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._connection is None or self._connection.is_closed():
            self.sums = False
            self._connection = await self._database.own_connection("app figures")
            await self._connection.execute(store.CALM)
        return self._connection

    async def _give_up(self, error: BaseException) -> None:
        await self.close()
        if not self._is_away:
            self._is_away = True
            log.warning("figures_not_kept", reason=type(error).__name__)

    async def _sum(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        at, samples = await store.hear(connection)
        if at is None or at == self._summed_at:
            return
        self._summed_at = at
        whole = {"processes": float(len(samples))}
        with suppress(Unavailable):  # the pool is full: then, of all times, the rest has to be told
            whole["jobs.waiting"] = float(await self._jobs_waiting())
        figures = summed(list(samples.values()), whole=whole)
        if not await store.keep(connection, at, figures):
            return  # whoever had the lock before has told this second
        await self._publish(at, figures)
        await self._tell(Sample(at, figures))
        await self._roll_up(connection, at)

    async def _roll_up(
        self, connection: "asyncpg.Connection[asyncpg.Record]", at: datetime
    ) -> None:
        minute = at.replace(second=0, microsecond=0)
        if minute != self._rolled_up_to:
            since = self._rolled_up_to or minute - CATCH_UP
            await store.roll_up(connection, since, minute)
            self._rolled_up_to = minute

    async def _publish(self, at: datetime, figures: dict[str, float]) -> None:
        for audience, topic in TOPIC_OF.items():
            with suppress(Unavailable):  # the next second is told again, and this one is stored
                told = encoded(int(at.timestamp()), for_audience(figures, audience))
                await self._realtime.publish(topic, told)

    async def _publish_own(self, sample: ProcessSample) -> None:
        figures = sample.figures | percentiles(sample.latencies)
        with suppress(Unavailable):
            told = encoded(int(time.time()), figures)
            await self._realtime.publish(process_topic(self.name), told)

    async def _tell(self, sample: Sample) -> None:
        for listener in self._figures.listeners:
            try:
                await listener(sample)
            except Exception:
                log.exception("figures_listener_failed")


async def _lag_until(due: float) -> float:
    """Waits until ``due``, and returns by how much the loop was late at worst meanwhile."""
    loop, lag = asyncio.get_running_loop(), 0.0
    step = max(0.0, due - loop.time()) / PROBES
    for left in range(PROBES, 0, -1):
        wanted = max(loop.time(), due - step * (left - 1))
        await asyncio.sleep(wanted - loop.time())
        lag = max(lag, loop.time() - wanted)
    return lag
