"""Ends the presence of nodes that died, and of people whose linger is over, whosever they are."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable

from app.realtime.metrics import Meters
from app.realtime.redis.commands import Commands
from app.realtime.redis.entries import EntryName
from app.realtime.redis.entries import by_node_and_topic
from app.realtime.redis.entries import entry_name_of
from app.realtime.redis.keys import RedisKeys
from app.realtime.redis.scripts import DUE
from app.realtime.redis.scripts import END
from app.realtime.redis.scripts import OVERDUE

DUE_AT_ONCE = 500
LOOK_SECONDS = 1.0


class Janitor:
    """Every node has one; a lock of a little less than ``period_seconds`` makes them take turns."""

    def __init__(
        self,
        pipeline: Commands,
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
        self._looking: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._looked_at: dict[int, float] = {}

    async def take_turn(self) -> None:
        """Tidies up unless another node did within the period.

        Raises:
            BackplaneUnavailable: the server is away; the next turn finds what is left.
        """
        dead = await self._dead([self._keys.nodes, self._keys.janitor])
        if dead is None:
            return
        await self._tidy(dead, self._keys.partitions)
        for node in dead:
            await self._pipeline.command("ZREM", self._keys.nodes, node)

    async def hide_dead(self, topic: str) -> None:
        """Makes sure that a reader is not shown what has ended a second ago or earlier.

        Raises:
            BackplaneUnavailable: the server is away.
        """
        partition = self._keys.partition(topic)
        async with self._looking[partition]:
            if self._clock() - self._looked_at.get(partition, -LOOK_SECONDS) >= LOOK_SECONDS:
                dead = await self._dead([self._keys.nodes])
                await self._tidy(dead or [], [partition])
                self._looked_at[partition] = self._clock()

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
                    self._keys.entries(node, self._keys.partition(topic)),
                    self._keys.lingering(self._keys.partition(topic)),
                ],
                self._keys.channel(topic),
                node,
                int(only_due),
                *arguments,
                repeatable=True,
            )

    async def _dead(self, keys: list[str]) -> list[str] | None:
        """Returns the nodes without a lease; None when it is another one's turn."""
        found = await self._pipeline.script(OVERDUE, keys, self._lock_ms, repeatable=len(keys) == 1)
        return None if found is None else [node.decode() for node in found]

    async def _tidy(self, dead: list[str], partitions: Iterable[int]) -> None:
        """Ends what dead nodes left in some partitions, and what has lingered long enough."""
        await asyncio.gather(*(self._tidy_one(dead, partition) for partition in partitions))

    async def _tidy_one(self, dead: list[str], partition: int) -> None:
        due, *left = await asyncio.gather(
            self._pipeline.script(
                DUE, [self._keys.lingering(partition)], DUE_AT_ONCE, repeatable=True
            ),
            *(
                self._pipeline.command(
                    "SMEMBERS", self._keys.entries(node, partition), repeatable=True
                )
                for node in dead
            ),
        )
        for entries in left:
            await self.end(map(entry_name_of, entries))
            self._meters.presence_reaped.inc(len(entries))
        await self.end(map(entry_name_of, due), only_due=True)
