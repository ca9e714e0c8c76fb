"""A load test from the first socket to the last figure."""

import asyncio
import time
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Any

from app.load.audience import Audience
from app.load.plan import Plan
from app.load.publishing import publish_all
from app.load.report import Report
from app.load.tally import Tally
from app.realtime.client import Credentials
from app.telemetry.processes import Usage
from app.telemetry.processes import usage_of

PATIENCE_SECONDS = 10.0  # without any progress
PROGRESS_SECONDS = 1.0
FAILURES_SHOWN = 5
LOOK_SECONDS = 0.05

Tell = Callable[[str], None]


class LoadTest:
    """Phases that a stop cuts short; what was seen until then is reported."""

    def __init__(
        self,
        plan: Plan,
        credentials: Credentials,
        *,
        pids: list[int],
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._plan = plan
        self._credentials = credentials
        self._pids = pids
        self._patience_seconds = patience_seconds + 2 / plan.rate  # slow is no reason to give up
        self._tally = Tally(plan)
        self._audience = Audience(plan, self._tally, credentials)
        self._stop = asyncio.Event()
        self._usages: list[Usage | None] = []
        self._seconds = 0.0
        self._cpu_percent = 0.0

    def stop(self) -> None:
        """Ends the phase that is under way, and begins no other."""
        self._stop.set()

    async def run(self, tell: Tell) -> Report:
        """Connects, publishes, waits for what is under way, and counts.

        Raises:
            Refused: the service has no topics for load tests.
            Stopped: the service does not let the caller in.
        """
        ticker = asyncio.create_task(self._tell_progress(tell), name="load progress")
        try:
            self._usages.append(usage_of(self._pids))
            await self._phase(self._audience.gather, lambda: self._audience.live)
            self._usages.append(usage_of(self._pids))
            connected = self._audience.live
            began, cpu = time.perf_counter(), time.process_time()
            if connected:
                await self._phase(self._publish, lambda: self._tally.published)
                self._seconds = time.perf_counter() - began
                await self._phase(self._arrive, lambda: self._tally.delivered)
                spent = time.process_time() - cpu
                self._cpu_percent = 100 * spent / (time.perf_counter() - began)
            self._usages.append(usage_of(self._pids))
            return self._report(connected)
        finally:
            ticker.cancel()
            await asyncio.gather(ticker, return_exceptions=True)
            await self._audience.leave()

    async def _publish(self) -> None:
        await publish_all(self._plan, self._tally, self._credentials)

    async def _arrive(self) -> None:
        while self._tally.lost:  # noqa: ASYNC110 - thousands of sockets tell it
            await asyncio.sleep(LOOK_SECONDS)

    async def _phase(
        self, work: Callable[[], Awaitable[None]], progress: Callable[[], int]
    ) -> None:
        """Works until it is done, stopped, or nothing has happened for a while."""
        if self._stop.is_set():
            return
        working: asyncio.Future[Any] = asyncio.ensure_future(work())
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            before = -1
            while not working.done() and not stopping.done() and progress() != before:
                before = progress()
                await asyncio.wait(
                    {working, stopping},
                    timeout=self._patience_seconds,
                    return_when=asyncio.FIRST_COMPLETED,
                )
            if working.done():
                working.result()
        finally:
            working.cancel()
            stopping.cancel()
            await asyncio.gather(working, stopping, return_exceptions=True)

    async def _tell_progress(self, tell: Tell) -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            tally = self._tally
            tell(
                f"{self._audience.live} of {self._plan.sockets} connected, "
                f"{tally.published} published, {tally.delivered} delivered"
            )

    def _report(self, connected: int) -> Report:
        tally, plan = self._tally, self._plan
        before, after, end = (self._usages + [None] * 3)[:3]
        return Report(
            sockets=plan.sockets,
            connected=connected,
            topics=plan.topics,
            seconds=self._seconds,
            published=tally.published,
            refused=tally.refused,
            messages_per_second=tally.published / self._seconds if self._seconds else 0.0,
            expected=tally.expected,
            delivered=tally.delivered,
            lost=tally.lost,
            duplicated=tally.duplicated,
            gaps=tally.gaps,
            reconnects=tally.reconnects,
            latency_p50_ms=tally.latencies.percentile_ms(50),
            latency_p99_ms=tally.latencies.percentile_ms(99),
            latency_most_ms=tally.latencies.most_ms,
            server_cpu_us_per_delivery=cpu_us(after, end, per=tally.delivered),
            server_cpu_us_per_connection=cpu_us(before, after, per=connected),
            server_memory_kib_per_connection=memory_kib(before, after, per=connected),
            load_cpu_percent=self._cpu_percent,
            interrupted=self._stop.is_set(),
            failures=dict(tally.failures.most_common(FAILURES_SHOWN)),
        )


def cpu_us(before: Usage | None, after: Usage | None, *, per: int) -> float | None:
    """Returns the CPU time between two looks, in microseconds, for each of ``per`` things."""
    if before is None or after is None or not per:
        return None
    return (after.cpu_seconds - before.cpu_seconds) * 1e6 / per


def memory_kib(before: Usage | None, after: Usage | None, *, per: int) -> float | None:
    """Returns the growth of memory between two looks for each of ``per`` things."""
    if before is None or after is None or not per:
        return None
    return (after.memory_kib - before.memory_kib) / per
