"""The wires to a Redis Cluster: one pair of connections per primary, found and followed.

Where a slot is served is asked every ``REFRESH_SECONDS``, whenever a connection ends, and corrected
at once by what nodes say themselves (MOVED, a farewell to a sharded channel). A topic whose slot
has moved is listened to at the new place and then suspect; its commands are sent on.
"""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from typing import Any

import structlog

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.redis.cluster_map import ClusterMap
from app.realtime.redis.cluster_node import ClusterNode
from app.realtime.redis.commands import Argument
from app.realtime.redis.interests import Carrier
from app.realtime.redis.interests import Interests
from app.realtime.redis.layout import LayoutMismatch
from app.realtime.redis.layout import check_layout
from app.realtime.redis.link import FAILURES
from app.realtime.redis.scripts import Script
from app.realtime.redis.topology import ask_for_owners
from app.realtime.redis.topology import owner_in
from app.realtime.redis.wiring import Wiring
from app.realtime.supervise import Supervisor

log = structlog.get_logger()

REFRESH_SECONDS = 30.0
REFRESH_PAUSE_SECONDS = 0.1
RETRY_SECONDS = 0.5
TOPOLOGY = "topology"


class Cluster:
    """Knows the owner of every slot in use and routes commands and interests to it."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._keys = wiring.keys
        self._contact = wiring.contact
        self._supervisor = Supervisor()
        self._deadline_seconds = wiring.settings.publish_deadline_seconds
        self._asked = asyncio.Event()
        self._mismatch: LayoutMismatch | None = None
        self._is_checked = False
        self.interests = Interests(
            self,
            wiring.ears,
            channel_of=wiring.keys.channel,
            deadline_seconds=wiring.settings.publish_deadline_seconds,
            unsubscribe_delay_seconds=wiring.settings.unsubscribe_delay_seconds,
        )
        self._map = ClusterMap(wiring, self.interests, self._supervisor)

    @property
    def commands(self) -> "Cluster":
        """What takes commands: the Cluster itself."""
        return self

    @property
    def failing(self) -> list[str]:
        """Names the tasks that keep crashing."""
        return self._supervisor.failing

    async def open(self) -> None:
        """Finds the nodes, and returns whether or not that was possible.

        Raises:
            LayoutMismatch: this Cluster is used with another number of partitions.
        """
        self._supervisor.keep("redis topology", self._follow)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), self._wiring.redis.connect_seconds)
        if self._mismatch is not None:
            await self.close()
            raise self._mismatch

    async def close(self) -> None:
        """Ends all connections."""
        await self._supervisor.close()
        self._map.close()
        self.interests.close()

    async def command(self, *arguments: Argument, repeatable: bool = False) -> Any:
        """Sends one command to the node that its key belongs to; returns its reply."""
        node = await self._node_of(str(arguments[1]))
        return await node.pipeline.command(*arguments, repeatable=repeatable)

    async def script(
        self,
        script: Script,
        keys: Sequence[str],
        *arguments: Argument,
        repeatable: bool = False,
    ) -> Any:
        """Runs one script on the node that its keys belong to; returns its reply."""
        node = await self._node_of(keys[0])
        return await node.pipeline.script(script, keys, *arguments, repeatable=repeatable)

    def carrier_of(self, channel: bytes) -> Carrier | None:
        """Returns the subscriber of the node that serves ``channel``, if one is known."""
        node = self._map.node_of(self._keys.slot_of(channel))
        return node.subscriber if node is not None else None

    def why_away(self, channel: bytes) -> str | None:
        """Returns why nothing can be heard on ``channel`` for now, if that is so."""
        node = self._map.node_of(self._keys.slot_of(channel))
        is_away = self._contact.is_lost(TOPOLOGY) if node is None else node.subscriber.link.is_away
        return self._contact.detail if is_away else None

    async def _node_of(self, key: str) -> ClusterNode:
        slot = self._keys.slot(key)
        if self._map.node_of(slot) is None and not self._asked.is_set():
            with contextlib.suppress(TimeoutError):  # it was opened a moment ago
                await asyncio.wait_for(self._asked.wait(), self._deadline_seconds)
        node = self._map.node_of(slot)
        if node is None or self._mismatch is not None:
            raise BackplaneUnavailable(str(self._mismatch or self._contact.detail))
        return node

    async def _follow(self) -> None:
        """Keeps up with the Cluster for ever."""
        while True:
            self._map.stale.clear()
            await self._try_to_refresh()
            self._asked.set()
            await asyncio.sleep(REFRESH_PAUSE_SECONDS)
            is_troubled = self._contact.is_lost(TOPOLOGY) or self._map.is_any_away
            pause_seconds = RETRY_SECONDS if is_troubled else REFRESH_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_seconds * random.uniform(0.5, 1.0)):  # noqa: S311
                    await self._map.stale.wait()

    async def _try_to_refresh(self) -> None:
        try:
            await self._refresh()
        except FAILURES as failure:
            self._contact.lost(TOPOLOGY, str(failure))
        except BackplaneUnavailable as failure:
            self._contact.lost(TOPOLOGY, failure.detail)
        except LayoutMismatch as mismatch:
            if self._mismatch is None:
                log.error("redis.layout_mismatch", reason=str(mismatch))
            self._mismatch = mismatch
            self._contact.lost(TOPOLOGY, str(mismatch))
        else:
            self._mismatch = None
            self._contact.made(TOPOLOGY)

    async def _refresh(self) -> None:
        runs = await ask_for_owners(
            self._wiring.servers,
            self._map.working,
            connect_seconds=self._wiring.redis.connect_seconds,
        )
        found = {slot: owner_in(runs, slot) for slot in self._keys.slots}
        owners = {slot: owner for slot, owner in found.items() if owner is not None}
        self._map.take(owners)
        if len(owners) < len(found):
            unserved = len(found) - len(owners)
            raise BackplaneUnavailable(f"{unserved} partitions are served by no node")
        if not self._is_checked:
            home = self._map.node_of(self._keys.slot(self._keys.layout))
            if home is not None:  # pragma: no branch - all of them are served
                await check_layout(home.pipeline, self._keys)
            self._is_checked = True
