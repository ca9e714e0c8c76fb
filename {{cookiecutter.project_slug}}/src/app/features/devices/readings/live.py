"""Telling pages what devices measure: once in a while for each device, whatever it sends.

Nobody is owed every message, for the rows are in the table: while the backplane is away nothing is
told, and nothing kept for later.
"""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Sequence
from uuid import UUID

import msgspec
import structlog

from app.features.devices.topics import readings_topic
from app.realtime.backplane import BackplaneUnavailable

from .batches import Reading
from .batches import Standing
from .writing import Newest
from .writing import shown

READINGS_MOST = 200
AT_ONCE = 100

Publish = Callable[[str, bytes], Awaitable[object]]

log = structlog.get_logger()


class Message(msgspec.Struct):
    """What a topic of readings says; ``readings`` are the last of those since the message before.

    ``newest`` has the newest one of every metric, so that one message is enough to begin with.
    """

    device: UUID
    last: int
    newest: dict[str, Newest]
    readings: list[Reading]


class Live:
    """Collects what was committed; a task tells it for as long as there is something to tell."""

    def __init__(self, publish: Publish, *, seconds: float) -> None:
        self._publish = publish
        self._seconds = seconds
        self._pending: dict[UUID, Message] = {}
        self._telling: asyncio.Task[None] | None = None

    def tell(self, standings: Sequence[Standing]) -> None:
        """Takes what has just been committed of some devices."""
        for one in standings:
            before = self._pending.get(one.device_id)
            readings = before.readings if before else []
            readings.extend(reading for _, reading in one.fresh)
            self._pending[one.device_id] = Message(
                one.device_id, one.last, shown(one), readings[-READINGS_MOST:]
            )
        if self._pending and self._telling is None:
            self._telling = asyncio.create_task(self._run(), name="live readings")

    async def close(self) -> None:
        """Tells nothing more."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while self._pending:
                messages = list(self._pending.values())
                self._pending.clear()
                for begin in range(0, len(messages), AT_ONCE):
                    await asyncio.gather(*map(self._say, messages[begin : begin + AT_ONCE]))
                await asyncio.sleep(self._seconds)
        except BackplaneUnavailable as failure:
            log.info("devices_not_told_live", detail=failure.detail)
            self._pending.clear()
        finally:
            self._telling = None

    async def _say(self, message: Message) -> None:
        await self._publish(readings_topic(message.device), msgspec.json.encode(message))
