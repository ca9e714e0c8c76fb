"""Ends the presence of nodes that died, and of people whose linger is over, whosever they are."""

import asyncio
import time
from collections.abc import Callable
from collections.abc import Iterable

from app.realtime.metrics import Meters
from app.realtime.redis.entries import EntryName
from app.realtime.redis.entries import by_node_and_topic
from app.realtime.redis.entries import entry_name_of
from app.realtime.redis.keys import RedisKeys
from app.realtime.redis.pipeline import RedisPipeline
from app.realtime.redis.scripts import END
from app.realtime.redis.scripts import OVERDUE

DUE_AT_ONCE = 500
LOOK_SECONDS = 1.0


class Janitor:
    """Every node has one; a lock of a little less than ``period_seconds`` makes them take turns."""

    def __init__(
        self,
        pipeline: RedisPipeline,
        keys: RedisKeys,
        *,
        period_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        meters: Meters | None = None,
    ) -> None:
        self._meters = meters or Meters()
        self._pipeline = pipeline
        self._keys = keys
        self._lock_ms = int(period_seconds * 900)
        self._clock = clock
        self._looking = asyncio.Lock()
        self._looked_at = -LOOK_SECONDS

    async def take_turn(self) -> None:
        """Tidies up unless another node did within the period.

        Raises:
            BackplaneUnavailable: the server is away; the next turn finds what is left.
        """
        await self._tidy([self._keys.nodes, self._keys.lingering, self._keys.janitor])

    async def hide_dead(self) -> None:
        """Makes sure that a reader is not shown what has ended a second ago or earlier.

        Raises:
            BackplaneUnavailable: the server is away.
        """
        async with self._looking:
            if self._clock() - self._looked_at >= LOOK_SECONDS:
                await self._tidy([self._keys.nodes, self._keys.lingering])
                self._looked_at = self._clock()

    async def end(self, names: Iterable[EntryName], *, only_due: bool = False) -> None:
        """Ends entries; ``only_due`` spares those that came back while they lingered.

        Raises:
            BackplaneUnavailable: the server is away; some may have ended.
        """
        for node, topic, group in by_node_and_topic(names):
            arguments = [part for name in group for part in (name.encoded(), name.connection)]
            await self._pipeline.script(
                END,
                [
                    self._keys.connections(topic),
                    self._keys.users(topic),
                    self._keys.version(topic),
                    self._keys.entries(node),
                    self._keys.lingering,
                ],
                self._keys.channel(topic),
                node,
                int(only_due),
                *arguments,
                repeatable=True,
            )

    async def _tidy(self, keys: list[str]) -> None:
        found = await self._pipeline.script(
            OVERDUE, keys, self._lock_ms, DUE_AT_ONCE, repeatable=len(keys) == 2
        )
        if found is None:
            return
        dead, due = found
        for node in dead:
            await self._bury(node.decode())
        await self.end(map(entry_name_of, due), only_due=True)

    async def _bury(self, node: str) -> None:
        entries = await self._pipeline.command("SMEMBERS", self._keys.entries(node))
        await self.end(map(entry_name_of, entries))
        self._meters.presence_reaped.inc(len(entries))
        await self._pipeline.command("ZREM", self._keys.nodes, node)
