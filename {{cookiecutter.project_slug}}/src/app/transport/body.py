"""The body of a request, bounded while it arrives.

Quart 0.22 stores what comes as fast as it comes; 0.23 does too, and checks chunked bodies only
after they are complete. Here a body that grows over its limit is refused at that moment, and one
that is read slowly is received slowly.
"""

import asyncio
from collections import deque
from collections.abc import Generator
from typing import Any

from quart.wrappers.request import Body

from app.errors import TooLarge
from app.transport.message_buffer import ClientLeft
from app.transport.pace import MinimumRate
from app.transport.pace import Pace

HELD_MAX_BYTES = 256 * 1_024


class BoundedBody(Body):
    """Replaces Quart's body whole; iterate over it or await it, as there.

    The limit is the application's until `settle` tells that of the route. Before that nothing is
    refused, but nothing beyond the limit is taken either.
    """

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        # Not super().__init__(): nothing of it is left.
        self._chunks: deque[bytes] = deque()
        self._held_bytes = 0
        self._received_bytes = 0
        self._limit_bytes = max_content_length
        self._expected_bytes = expected_content_length
        self._settled = self._over = self._ended = self._left = self._discarding = False
        self._whole: bytes | None = None
        self._pace: Pace | None = None
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()

    # What the connection calls -----------------------------------------------------------------

    async def put(self, data: bytes) -> None:
        """Takes what has arrived, once there is room for it; drops what nobody will read."""
        self._received_bytes += len(data)
        if self._pace:
            self._pace.count(len(data))
        self._check()
        while not self._has_room():
            self._room.clear()
            await self._room.wait()
        if not self._dropping:
            self._chunks.append(data)
            self._held_bytes += len(data)
        self._arrived.set()

    def set_complete(self) -> None:
        """Tells that all has arrived."""
        self._ended = True
        self._arrived.set()

    def disconnect(self) -> None:
        """Tells that no more will arrive."""
        self._left = True
        self._arrived.set()

    async def drain(self, max_bytes: int) -> None:
        """Drops what is still to come, and returns at its end or after ``max_bytes``."""
        self._discarding = True
        self._forget()
        if self._pace and self._pace.is_lost:
            return  # who was too slow to be waited for is not waited for here
        stop_at = self._received_bytes + max_bytes
        while not (self._ended or self._left) and self._received_bytes <= stop_at:
            self._arrived.clear()
            await self._arrived.wait()

    @property
    def is_complete(self) -> bool:
        """Whether all of it has arrived."""
        return self._ended

    @property
    def is_empty(self) -> bool:
        """Whether it is known that there is none."""
        return self._ended and not self._received_bytes

    # What the application calls ----------------------------------------------------------------

    def settle(self, limit_bytes: int | None, *, rate: MinimumRate | None = None) -> None:
        """Sets the limit of the route, where None lifts it, and how fast the body has to come.

        Raises:
            TooLarge: the request says that its body is larger.
        """
        self._limit_bytes = limit_bytes
        self._pace = Pace(rate) if rate else None
        self._settled = True
        if self._expected_bytes and limit_bytes and self._expected_bytes > limit_bytes:
            self._over = True
        self._check()
        self._room.set()
        self._raise_if_over()

    def __aiter__(self) -> "BoundedBody":
        return self

    async def __anext__(self) -> bytes:
        if not self._settled:
            self.settle(self._limit_bytes)
        while True:
            self._raise_if_over()
            if self._chunks:
                return self._take()
            if self._ended:
                raise StopAsyncIteration
            if self._left:
                raise ClientLeft
            self._arrived.clear()
            await (self._pace.wait(self._arrived) if self._pace else self._arrived.wait())

    def __await__(self) -> Generator[Any, None, bytes]:
        return self._read_whole().__await__()

    def set_result(self, data: bytes) -> None:
        """Makes ``data`` the whole body."""
        self._chunks.append(data)
        self._held_bytes = self._received_bytes = len(data)
        self.set_complete()

    def clear(self) -> None:
        """Lets the memory go."""
        self._whole = b""

    # ----------------------------------------------------------------------------------------------

    async def _read_whole(self) -> bytes:
        if self._whole is None:
            self._whole = b"".join([chunk async for chunk in self])
        return self._whole

    @property
    def _dropping(self) -> bool:
        return self._over or self._discarding

    def _has_room(self) -> bool:
        if self._dropping:
            return True
        if not self._settled and self._exceeds_limit():
            return False
        return self._held_bytes < HELD_MAX_BYTES

    def _exceeds_limit(self) -> bool:
        return self._limit_bytes is not None and self._received_bytes > self._limit_bytes

    def _check(self) -> None:
        if self._settled and self._exceeds_limit():
            self._over = True
        if self._over:
            self._forget()

    def _raise_if_over(self) -> None:
        if self._over:
            raise TooLarge(
                f"{self._limit_bytes} bytes are allowed here", limit_bytes=self._limit_bytes or 0
            )

    def _take(self) -> bytes:
        chunk = self._chunks.popleft()
        self._held_bytes -= len(chunk)
        self._room.set()
        return chunk

    def _forget(self) -> None:
        self._chunks.clear()
        self._held_bytes = 0
        self._room.set()
        self._arrived.set()
