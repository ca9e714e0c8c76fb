"""A node's sign of life: as long as the lease is renewed, the node's presence entries count.

An id whose lease ran out is never used again. Whoever ends the entries of a dead id therefore
cannot hit a node that was only slow (stopped, swapped out): that one comes back under another id.
"""

import secrets

from app.realtime.redis_keys import RedisKeys
from app.realtime.redis_pipeline import RedisPipeline
from app.realtime.redis_scripts import LEASE


class Lease:
    """The lease of this process; ``holder`` is the id that its entries carry."""

    def __init__(
        self, pipeline: RedisPipeline, keys: RedisKeys, *, node: str, lease_seconds: float
    ) -> None:
        self._pipeline = pipeline
        self._keys = keys
        self._node = node
        self._lease_ms = int(lease_seconds * 1000)
        self._is_taken = False
        self.holder = self._fresh_id()

    async def take(self) -> None:
        """Makes sure that there is a lease before an entry relies on it.

        Raises:
            BackplaneUnavailable: the server is away.
        """
        if not self._is_taken:
            await self._ask(is_first=True)
            self._is_taken = True

    async def renew(self) -> bool:
        """Renews the lease; returns False when it had run out and ``holder`` is a new id.

        Raises:
            BackplaneUnavailable: the server is away.
        """
        await self.take()
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
        held = await self._pipeline.script(
            LEASE, [self._keys.nodes], self.holder, self._lease_ms, int(is_first), repeatable=True
        )
        return bool(held)

    def _fresh_id(self) -> str:
        return f"{self._node}.{secrets.token_hex(4)}"
