"""Gathering the batches of all sockets of a process, and writing them together.

A device waits for its answer until its readings are committed. While PostgreSQL is slow or away the
answers wait, for as long as the deadline of a call, and the same groups are tried again. What waits
is bounded in readings; past that a batch is refused at once, and its device comes again.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from app.errors import AppError
from app.errors import Unavailable
from app.features.devices.settings import DevicesSettings

from .batches import Acknowledged
from .batches import Batch
from .meters import Meters

PAUSE_LEAST_SECONDS = 0.1
PAUSE_MOST_SECONDS = 2.0
ENDS = "the service ends"

Write = Callable[[Sequence[tuple[UUID, Batch]]], Awaitable[Sequence[Acknowledged | AppError]]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A batch whose device waits for the answer; nobody waits any more when that is cancelled."""

    device_id: UUID
    batch: Batch
    answer: "asyncio.Future[Acknowledged]"


class Ingest:
    """The queue of one process; a task writes for as long as something waits, and then ends."""

    def __init__(self, write: Write, settings: DevicesSettings, meters: Meters) -> None:
        self._write = write
        self._settings = settings
        self._meters = meters
        self._queue: deque[Waiting] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._is_closed = False
        self.waiting_readings = 0

    async def put(self, device_id: UUID, batch: Batch) -> Acknowledged:
        """Stores what is new of a batch; returns after the commit.

        Raises:
            Forbidden: the device was removed, or its token revoked.
            Invalid: the batch leaves a hole, or a reading has an unknown metric or a bad time.
            Unavailable: too much waits already, or the service ends; nothing of the batch was
                stored.
        """
        if self._is_closed:
            raise Unavailable(ENDS)
        size = len(batch.readings)
        if self.waiting_readings + size > self._settings.queue_readings:
            self._meters.refused.inc(size)
            raise Unavailable("too much waits to be written", after_seconds=PAUSE_MOST_SECONDS)
        answer: asyncio.Future[Acknowledged] = asyncio.get_running_loop().create_future()
        self._queue.append(Waiting(device_id, batch, answer))
        self._count(size)
        if self._writing is None:
            self._writing = asyncio.create_task(self._run(), name="readings")
        return await answer

    async def close(self) -> None:
        """Stops writing; whoever waits is told that it is not known whether it was stored."""
        self._is_closed = True
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        self._tell_all(Unavailable(ENDS))

    async def _run(self) -> None:
        try:
            while self._queue:
                await asyncio.sleep(self._settings.gather_seconds)
                await self._write_group(self._next_group())
        except Exception:
            log.exception("devices_ingest_failed")
            self._tell_all(Unavailable("something went wrong"))
        finally:
            self._writing = None

    def _next_group(self) -> list[Waiting]:
        """Takes the next batches, in the order in which they came; those given up are left out."""
        group: list[Waiting] = []
        readings = 0
        while self._queue and readings < self._settings.group_readings:
            one = self._queue.popleft()
            if one.answer.done():
                self._count(-len(one.batch.readings))
            else:
                group.append(one)
                readings += len(one.batch.readings)
        return group

    async def _write_group(self, group: list[Waiting]) -> None:
        """Writes a group, again and again while PostgreSQL is away and somebody waits."""
        pause_seconds = PAUSE_LEAST_SECONDS
        try:
            while group:
                try:
                    with self._meters.seconds.time():
                        outcomes = await self._write([(one.device_id, one.batch) for one in group])
                    self._answer(group, outcomes)
                    return
                except Unavailable as error:
                    log.info("devices_ingest_waits", detail=error.detail, batches=len(group))
                await asyncio.sleep(pause_seconds)
                pause_seconds = min(2 * pause_seconds, PAUSE_MOST_SECONDS)
                group = self._still_waiting(group)
        except BaseException:
            self._queue.extendleft(reversed(group))  # for ``close`` or ``_run`` to answer
            raise

    def _still_waiting(self, group: list[Waiting]) -> list[Waiting]:
        for one in group:
            if one.answer.done():
                self._count(-len(one.batch.readings))
        return [one for one in group if not one.answer.done()]

    def _answer(
        self, group: Sequence[Waiting], outcomes: Sequence[Acknowledged | AppError]
    ) -> None:
        for one, outcome in zip(group, outcomes, strict=True):
            self._count(-len(one.batch.readings))
            if isinstance(outcome, AppError):
                self._meters.refused.inc(len(one.batch.readings))
            else:
                self._meters.stored.inc(outcome.stored)
                self._meters.repeated.inc(len(one.batch.readings) - outcome.stored)
            if one.answer.done():
                continue  # its socket is gone, or its deadline over: the device asks again
            if isinstance(outcome, AppError):
                one.answer.set_exception(outcome)
            else:
                one.answer.set_result(outcome)

    def _tell_all(self, failure: AppError) -> None:
        while self._queue:
            one = self._queue.popleft()
            self._count(-len(one.batch.readings))
            if not one.answer.done():
                one.answer.set_exception(failure)

    def _count(self, readings: int) -> None:
        self.waiting_readings += readings
        self._meters.waiting.set(self.waiting_readings)
