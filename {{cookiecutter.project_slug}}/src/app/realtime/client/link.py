"""A connection that speaks ``realtime.v1.json``: lines both ways, a reply for each command.

It watches over silence, too. What the pushes mean is for `client.py`.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from app.realtime.client.failures import Disconnected
from app.realtime.client.failures import Refused
from app.realtime.client.frames import Frame
from app.realtime.client.frames import read_frame
from app.realtime.client.frames import write
from app.realtime.client.wire import Address
from app.realtime.client.wire import Wire

HELLO_SECONDS = 10.0
UNSENT_MAX_BYTES = 256 * 1024
NOT_OURS = 1002  # a protocol error of the server's: try again
NORMAL = 1000
CUT = 1006

OnReply = Callable[[Frame | None], None]
PONG = b'{"type":"pong"}'


class Link:
    """One connection. ``on_closed`` is called once, with the close code; 1006 means cut."""

    __slots__ = (
        "_heard",
        "_last_id",
        "_loop",
        "_on_closed",
        "_on_push",
        "_replies",
        "_silence",
        "_wire",
        "is_over",
    )

    def __init__(
        self, *, on_push: Callable[[Frame], None], on_closed: Callable[[int], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_push = on_push
        self._on_closed = on_closed
        self._replies: dict[int, OnReply] = {}
        self._last_id = 0
        self._heard = self._loop.time()
        self._silence: asyncio.TimerHandle | None = None
        self.is_over = False
        self._wire = Wire(on_text=self._read, on_closed=self._end)

    async def open(self, address: Address) -> None:
        """Connects; raises what `Wire.open` does."""
        await self._wire.open(address)
        self._heard = self._loop.time()
        if not self.is_over:
            self.watch(HELLO_SECONDS)

    def command(self, command: dict[str, Any], on_reply: OnReply) -> None:
        """Sends a command; ``on_reply`` gets None when the connection ends before."""
        self._last_id += 1
        self._replies[self._last_id] = on_reply
        self._wire.send(write({**command, "id": self._last_id}))

    async def ask(self, command: dict[str, Any]) -> msgspec.Raw:
        """Sends a command and returns its result.

        Raises:
            Refused: the server said no.
            Disconnected: the connection ended before.
        """
        reply: asyncio.Future[Frame | None] = self._loop.create_future()
        self.command(command, lambda frame: None if reply.done() else reply.set_result(frame))
        frame = await reply
        if frame is None:
            raise Disconnected
        if (fault := frame.error) is not None:
            raise Refused(fault.code, fault.message, retry=fault.retry, after_ms=fault.after_ms)
        return frame.result

    def tell(self, frame: dict[str, Any]) -> bool:
        """Sends what has no reply; false when too much waits to be sent, so that it was dropped."""
        if self._wire.waiting_bytes > UNSENT_MAX_BYTES:
            return False
        self._wire.send(write(frame))
        return True

    def watch(self, limit_seconds: float) -> None:
        """From now on a longer silence is the end: nobody is there, whatever the socket says."""
        self._stop_watching()
        left = self._heard + limit_seconds - self._loop.time()
        if left > 0:
            self._silence = self._loop.call_later(left, self.watch, limit_seconds)
        else:
            self._wire.abort()
            self._end(CUT)

    def close(self) -> None:
        """Hangs up; nothing is told from now on, except to those who wait for a reply."""
        self._wire.close(NORMAL)
        self._forget()

    async def gone(self) -> None:
        """Waits until nothing is left of a closed connection."""
        await self._wire.gone()

    def _read(self, text: bytes) -> None:
        self._heard = self._loop.time()
        try:
            for line in text.split(b"\n"):
                if line.strip() and not self.is_over:  # a frame before this one may have ended it
                    self._take(read_frame(line))
        except msgspec.DecodeError:
            self._wire.close(NOT_OURS)
            self._end(NOT_OURS)

    def _take(self, frame: Frame) -> None:
        if frame.type == "ping":
            self._wire.send(PONG)
        elif frame.type == "reply":
            on_reply = self._replies.pop(frame.id or 0, None)
            if on_reply is not None:
                on_reply(frame)
        else:
            self._on_push(frame)

    def _end(self, code: int) -> None:
        self._forget()
        self._on_closed(code)

    def _forget(self) -> None:
        self.is_over = True
        self._stop_watching()
        replies, self._replies = self._replies, {}
        for on_reply in replies.values():
            on_reply(None)

    def _stop_watching(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
