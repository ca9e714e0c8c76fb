"""Writers that do what a test tells them, in place of a client."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from app.realtime.connections.writers import Rest
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.close_codes import CloseCode


class Hearer:
    """A subscriber of which nothing but the name matters."""

    def __init__(self, name: str) -> None:
        self.id = name

    def deliver(self, batch: Batch, listening: Listening) -> None:
        """Takes what a topic says."""


class FakeWriter:
    """Keeps what is written. While ``is_stuck`` the client does not read."""

    def __init__(self, *, joins: bool = True) -> None:
        self.joins = joins
        self.path: Any = None
        self.written: list[bytes] = []
        self.writes = 0
        self.closed: CloseCode | None = None
        self.is_aborted = False
        self.left = 0
        self.failure: Exception | None = None
        self._reading = asyncio.Event()
        self._reading.set()

    @property
    def is_stuck(self) -> bool:
        return not self._reading.is_set()

    @is_stuck.setter
    def is_stuck(self, stuck: bool) -> None:
        if stuck:
            self._reading.clear()
        else:
            self._reading.set()

    def write(self, chunks: Sequence[Chunk]) -> Rest | None:
        if self.failure is not None:
            raise self.failure
        if self.is_stuck:
            return partial(self._write_later, chunks)
        self._keep(chunks)
        return None

    async def _write_later(self, chunks: Sequence[Chunk]) -> None:
        await self._reading.wait()
        self._keep(chunks)

    def _keep(self, chunks: Sequence[Chunk]) -> None:
        self.writes += 1
        self.written.extend(chunk.data for chunk in chunks)

    def left_bytes(self) -> int:
        return self.left

    async def close(self, code: CloseCode, reason: str) -> None:
        await self._reading.wait()
        self.closed = code

    def abort(self) -> None:
        self.is_aborted = True
