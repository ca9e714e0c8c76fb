"""Writing to one connection: bounded, and without a task while nothing waits."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from app.realtime.connections.backlog import Backlog
from app.realtime.connections.outbound_queue import OutboundQueue
from app.realtime.protocol.batch import Chunk
from app.realtime.protocol.close_codes import CloseCode

log = structlog.get_logger()

WRITE_MAX_BYTES = 256 * 1024
SLOW_CLOSE_SECONDS = 1.0


class Writer(Protocol):
    """The way to one client; its two coroutines wait while the client does not read."""

    async def write(self, chunks: Sequence[Chunk]) -> None:
        """Writes all of ``chunks`` in order."""

    async def close(self, code: CloseCode, reason: str) -> None:
        """Says goodbye; nothing is written afterwards."""

    def abort(self) -> None:
        """Cuts the transport without another byte."""


class Outbound:
    """A queue with a drainer that lives only while something is queued.

    When it is full, chunks of topics that allow it are dropped, the oldest first, and the client is
    told with a ``gap``; else the connection is closed with 4508 and the client resumes.
    """

    __slots__ = ("_backlog", "_drainer", "_queue", "_reason", "_writer", "closing",
                 "deadline")  # fmt: skip

    def __init__(self, writer: Writer, backlog: Backlog) -> None:
        self._writer = writer
        self._backlog = backlog
        self._queue = OutboundQueue()
        self._drainer: asyncio.Task[None] | None = None
        self._reason = ""
        self.closing: CloseCode | None = None
        self.deadline = 0.0

    @property
    def queued_bytes(self) -> int:
        """How much waits, with what is being written."""
        return self._queue.size_bytes

    @property
    def is_busy(self) -> bool:
        """Whether bytes wait, so that silence of the client proves nothing."""
        return self._drainer is not None

    def put(self, chunk: Chunk) -> None:
        """Queues ``chunk``; never waits, and does nothing once the goodbye has been decided."""
        if self.closing is not None:
            return
        self._append(chunk)
        if self._is_over_limit():
            self._drop_oldest()
        if self._is_over_limit():
            self.close(CloseCode.SLOW, "too much is waiting")

    def close(self, code: CloseCode, reason: str, *, bye: Chunk | None = None) -> None:
        """Decides the goodbye: what is queued goes out first, then ``bye``, then the close.

        A slow client gets neither: its queue is given up and the close is tried for a second.
        """
        if self.closing is not None:
            return
        self.closing = code
        self._backlog.meters.closed(code)
        self._reason = reason
        if code is CloseCode.SLOW:
            self._backlog.meters.slow_disconnects.inc()
            self._give_up()
        elif bye is not None:
            self._append(bye)
        self._start()
        if code is CloseCode.SLOW:
            self.deadline = self._backlog.clock() + SLOW_CLOSE_SECONDS

    def overdue(self) -> None:
        """Closes a client that does not read; cuts one that does not let itself be closed."""
        if self.closing is None:
            self.close(CloseCode.SLOW, "write deadline")
        else:
            self.abort()

    def shed(self) -> None:
        """Gives up what waits, because the process as a whole holds too much.

        A write that is under way ends or is cut within a second, so it counts no more.
        """
        self.close(CloseCode.SLOW, "memory of the process")
        self._backlog.shrink(self._queue.abandon())

    def abort(self) -> None:
        """Cuts the connection; the server then reports the client as gone."""
        self.stop()
        self._writer.abort()

    def stop(self) -> None:
        """Forgets everything: the client is gone, or is about to be."""
        self.closing = self.closing or CloseCode.NORMAL
        self._give_up()
        self._backlog.waiting.discard(self)
        drainer, self._drainer = self._drainer, None
        if drainer is not None:
            drainer.cancel()

    def _append(self, chunk: Chunk) -> None:
        messages = self._queue.messages + chunk.messages
        growth_bytes = self._queue.append(chunk)
        if self._queue.messages < messages:
            superseded = messages - self._queue.messages
            self._backlog.meters.dropped(superseded, policy="latest")
        self._start()
        self._backlog.grow(growth_bytes)

    def _is_over_limit(self) -> bool:
        settings = self._backlog.settings
        return (
            self._queue.size_bytes > settings.outbound_max_bytes
            or self._queue.messages > settings.outbound_max_messages
        )

    def _drop_oldest(self) -> None:
        settings = self._backlog.settings
        freed_bytes, messages = self._queue.drop_oldest(
            max_bytes=settings.outbound_max_bytes, messages_max=settings.outbound_max_messages
        )
        self._backlog.shrink(freed_bytes)
        if messages:
            self._backlog.meters.dropped(messages, policy="drop_oldest")

    def _give_up(self) -> None:
        self._backlog.shrink(self._queue.clear())

    def _start(self) -> None:
        if self._drainer is None:
            self._drainer = asyncio.get_running_loop().create_task(self._drain(), name="drainer")
            self._backlog.waiting.add(self)
            self._extend_deadline()

    def _extend_deadline(self) -> None:
        seconds = self._backlog.settings.write_deadline_seconds
        self.deadline = self._backlog.clock() + seconds

    async def _drain(self) -> None:
        try:
            while self._queue.has_more:
                await self._write()
            if self.closing is None:
                self._backlog.waiting.discard(self)
            else:
                # Stays among the waiting until the client has answered the close.
                await self._writer.close(self.closing, self._reason)
            self._drainer = None
        except OSError:
            self._drainer = None
            if self.closing is None:
                self._backlog.meters.left()
            self.stop()
        except Exception:
            log.exception("realtime.write_failed")
            self._drainer = None
            self.abort()

    async def _write(self) -> None:
        chunks = self._queue.take(WRITE_MAX_BYTES)
        try:
            await self._writer.write(chunks)
        finally:
            size_bytes = self._queue.written()
            self._backlog.shrink(size_bytes)
        self._backlog.meters.bytes_out += size_bytes
        self._backlog.meters.messages_out += sum(chunk.messages for chunk in chunks)
        if self.closing is not CloseCode.SLOW:
            self._extend_deadline()
