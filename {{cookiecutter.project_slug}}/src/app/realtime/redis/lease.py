"""A node's sign of life: as long as the lease is renewed, the node's presence entries count.

An id whose lease ran out is never used again. Whoever ends the entries of a dead id therefore
cannot hit a node that was only slow (stopped, swapped out): that one comes back under another id.
"""

import secrets
import time
from collections.abc import Callable

from app.realtime.redis.commands import Commands
from app.realtime.redis.keys import RedisKeys
from app.realtime.redis.scripts import LEASE


class Lease:
    """The lease of this process; ``holder`` is the id that its entries carry."""

    def __init__(
        self,
        pipeline: Commands,
        keys: RedisKeys,
        *,
        node: str,
        lease_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pipeline = pipeline
        self._keys = keys
        self._node = node
        self._lease_ms = int(lease_seconds * 1000)
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._ends_at: float | None = None
        self.holder = self._fresh_id()

    @property
    def is_held(self) -> bool:
        """Whether there is a lease that an entry can rely on, as far as this process can tell."""
        return self._ends_at is not None and self._clock() < self._ends_at

    async def renew(self) -> bool:
        """Takes or renews the lease; returns False when it had run out and ``holder`` is a new id.

        Raises:
            BackplaneUnavailable: the server is away.
        """
        if self._ends_at is None:
            return await self._ask(is_first=True)
        if await self._ask(is_first=False):
            return True
        self.holder = self._fresh_id()
        await self._ask(is_first=True)
        return False

    async def give_up(self) -> None:
        """Ends the lease; what relied on it has been taken care of.

        Raises:
            BackplaneUnavailable: the server is away.
        """
        await self._pipeline.command("ZREM", self._keys.nodes, self.holder, repeatable=True)

    async def _ask(self, *, is_first: bool) -> bool:
        asked_at = self._clock()
        held = await self._pipeline.script(
            LEASE, [self._keys.nodes], self.holder, self._lease_ms, int(is_first), repeatable=True
        )
        if held:
            self._ends_at = asked_at + self._lease_seconds
        return bool(held)

    def _fresh_id(self) -> str:
        return f"{self._node}.{secrets.token_hex(4)}"
