"""Writing to one connection: bounded, and without a task while nothing waits."""

import asyncio

import structlog

from app.realtime.connections.backlog import Backlog
from app.realtime.connections.outbound_queue import OutboundQueue
from app.realtime.connections.writers import Rest
from app.realtime.connections.writers import Writer
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.close_codes import NOT_WAITED_FOR
from app.realtime.protocol.close_codes import CloseCode

log = structlog.get_logger()

WRITE_MAX_BYTES = 256 * 1024
# Who takes less in the time of a write does not read: as slowly may a client send a body.
TAKEN_MIN_BYTES_PER_SECOND = 1024
SLOW_CLOSE_SECONDS = 1.0


class Outbound:
    """What goes out to one client: at once while it reads, through a queue while it does not.

    A drainer lives only while something is queued. Where writes are dear, what is put in one tick
    of the loop waits for its end and is written together.

    When the queue is full, chunks of topics that allow it are dropped, the oldest first, and the
    client is told with a ``gap``; else the connection is closed with 4508 and the client resumes.
    While nothing waits the writer's path is free: what many share is written to it past us.
    """

    __slots__ = ("_backlog", "_drainer", "_is_due", "_left_bytes", "_queue", "_reason", "closing",
                 "deadline", "writer")  # fmt: skip

    def __init__(self, writer: Writer, backlog: Backlog) -> None:
        self.writer = writer
        self._backlog = backlog
        self._queue = OutboundQueue()
        self._drainer: asyncio.Task[None] | None = None
        self._is_due = False
        self._left_bytes = 0
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
        return self._drainer is not None or self._is_due

    def reads_on(self, left_bytes: int, seconds: float) -> bool:
        """Whether the client took enough in that long of what it had not taken before."""
        return left_bytes - self.writer.left_bytes() >= TAKEN_MIN_BYTES_PER_SECOND * seconds

    def put(self, chunk: Chunk) -> None:
        """Writes or queues ``chunk``; never waits, and does nothing once the goodbye is decided."""
        if self.closing is not None:
            return
        if self._drainer is None and not self.writer.joins:
            self._write_at_once(chunk)
            return
        self._append(chunk)
        self._keep_limits()

    def close(self, code: CloseCode, reason: str, *, bye: Chunk | None = None) -> None:
        """Decides the goodbye: what is queued goes out first, then ``bye``, then the close.

        A slow client gets neither: its queue is given up and the close is tried for a second.
        """
        if self.closing is not None:
            return
        self.closing = code
        self._take_path()
        self._backlog.meters.closed(code)
        self._reason = reason
        if code is CloseCode.SLOW:
            self._backlog.meters.slow_disconnects.inc()
            self._backlog.shrink(self._queue.clear())
        elif bye is not None:
            self._append(bye)
        self._start()
        if code is CloseCode.SLOW:
            self.deadline = self._backlog.clock() + SLOW_CLOSE_SECONDS

    def hold(self, chunk: Chunk, rest: Rest) -> None:
        """Has a drainer await ``rest``, which comes before the next write after ``chunk``."""
        growth_bytes = self._queue.append(chunk)
        self._queue.take(WRITE_MAX_BYTES)
        self._backlog.grow(growth_bytes)
        self._start(rest)
        self._keep_limits()

    def flush(self) -> None:
        """Writes what has been put in this tick; the rest is left to a drainer."""
        if not self._is_due:
            return
        self._is_due = False
        try:
            rest = self._write_all()
        except OSError:
            self._lose()
        except Exception:
            self._crash()
        else:
            if rest is not None:
                self._start(rest)

    def overdue(self) -> None:
        """Closes a client that does not read; cuts one that does not let itself be closed.

        A client that reads slowly has new time: on a poor line a large write takes long.
        """
        if self.closing is not None:
            self.abort()
        elif self.reads_on(self._left_bytes, self._backlog.settings.write_deadline_seconds):
            self._extend_deadline()
        else:
            self.close(CloseCode.SLOW, "write deadline")

    def shed(self) -> None:
        """Gives up what waits, because the process as a whole holds too much.

        A write that is under way ends or is cut within a second, so it counts no more.
        """
        self.close(CloseCode.SLOW, "memory of the process")
        self._backlog.shrink(self._queue.abandon())

    def abort(self) -> None:
        """Cuts the connection; the server then reports the client as gone."""
        self.stop()
        self.writer.abort()

    def stop(self) -> None:
        """Forgets everything: the client is gone, or is about to be."""
        self.closing = self.closing or CloseCode.NORMAL
        self._take_path()
        self._backlog.shrink(self._queue.abandon())
        self._is_due = False
        self._backlog.waiting.discard(self)
        drainer, self._drainer = self._drainer, None
        if drainer is not None:
            drainer.cancel()

    def _take_path(self, *, is_free: bool = False) -> None:
        if self.writer.path is not None:
            self.writer.path.is_free = is_free

    def _write_at_once(self, chunk: Chunk) -> None:
        try:
            rest = self.writer.write((chunk,))
        except OSError:
            self._lose()
        except Exception:
            self._crash()
        else:
            self._backlog.meters.wrote(chunk.messages, len(chunk.data))
            if rest is not None:
                self.hold(chunk, rest)

    def _append(self, chunk: Chunk) -> None:
        messages = self._queue.messages + chunk.messages
        growth_bytes = self._queue.append(chunk)
        if self._queue.messages < messages:
            self._backlog.meters.dropped(messages - self._queue.messages, policy="latest")
        if self._drainer is None and not self._is_due:
            self._is_due = True
            self._backlog.flush_soon(self)
        self._backlog.grow(growth_bytes)

    def _keep_limits(self) -> None:
        queue, settings = self._queue, self._backlog.settings
        max_bytes, messages_max = settings.outbound_max_bytes, settings.outbound_max_messages
        if queue.is_within(max_bytes, messages_max):
            return
        freed_bytes, messages = queue.drop_oldest(max_bytes=max_bytes, messages_max=messages_max)
        self._backlog.shrink(freed_bytes)
        if messages:
            self._backlog.meters.dropped(messages, policy="drop_oldest")
        if not queue.is_within(max_bytes, messages_max):
            self.close(CloseCode.SLOW, "too much is waiting")

    def _start(self, rest: Rest | None = None) -> None:
        if self._drainer is None:
            self._is_due = False
            self._take_path()
            drain = self._drain(rest)
            self._drainer = asyncio.get_running_loop().create_task(drain, name="drainer")
            self._backlog.waiting.add(self)
            self._extend_deadline()

    def _extend_deadline(self) -> None:
        self.deadline = self._backlog.clock() + self._backlog.settings.write_deadline_seconds
        self._left_bytes = self.writer.left_bytes()

    async def _drain(self, rest: Rest | None) -> None:
        try:
            if rest is None:
                rest = self._write_all()
            while rest is not None:
                await rest()
                self._written()
                rest = self._write_all()
            if self.closing is None:
                self._backlog.waiting.discard(self)
                self._take_path(is_free=True)
            else:
                # Stays among the waiting until the client has answered the close.
                if self.closing in NOT_WAITED_FOR:
                    self.deadline = min(self.deadline, self._backlog.clock() + SLOW_CLOSE_SECONDS)
                await self.writer.close(self.closing, self._reason)
            self._drainer = None
        except OSError:
            self._drainer = None
            self._lose()
        except Exception:
            self._drainer = None
            self._crash()

    def _write_all(self) -> Rest | None:
        """Writes until nothing is left, or returns what is left to be done before going on."""
        while self._queue.has_more:
            chunks = self._queue.take(WRITE_MAX_BYTES)
            rest = self.writer.write(chunks)
            for chunk in chunks:
                self._backlog.meters.wrote(chunk.messages, len(chunk.data))
            if rest is not None:
                return rest
            self._written()
        return None

    def _written(self) -> None:
        self._backlog.shrink(self._queue.written())
        if self._drainer is not None and self.closing is not CloseCode.SLOW:
            self._extend_deadline()

    def _lose(self) -> None:
        if self.closing is None:
            self._backlog.meters.left()
        self.stop()

    def _crash(self) -> None:
        log.exception("realtime.write_failed")
        self.abort()
