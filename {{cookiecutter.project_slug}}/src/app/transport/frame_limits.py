"""What one client may put into frames of a WebSocket, judged when the header of a frame is read.

The servers look at the size of a message after they have stored it, let a frame announce 2**62
bytes, answer pings and take fragments without end, and leave a bad frame without a close code.
ASGI shows an application none of that, so it is bounded here, below both servers.
"""

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol
from typing import cast

from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection
from wsproto.events import Event
from wsproto.frame_protocol import CloseReason
from wsproto.frame_protocol import FrameDecoder
from wsproto.frame_protocol import Opcode
from wsproto.frame_protocol import ParseFailed
from wsproto.frame_protocol import RsvBits

WINDOW_SECONDS = 10.0
TOO_MANY_FRAMES = 4529
REMOTE_CLOSING = ConnectionState.REMOTE_CLOSING
# A client that was told goodbye may still be sending what it sent before it heard.
AFTER_CLOSE_MAX_BYTES = 512 * 1_024


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """``frames_per_second`` is an average over ten seconds: all of these may come at once."""

    message_max_bytes: int
    frames_per_second: int


UNLIMITED = FrameLimits(message_max_bytes=2**62, frames_per_second=2**62)


class Path(Protocol):
    """Whoever writes frames past the connection."""

    def end(self) -> None:
        """Learns that a close frame was sent or received: nothing may follow it."""


class BoundedDecoder(FrameDecoder):
    """Refuses a frame by its header, before any of its payload is kept."""

    def __init__(self, limits: FrameLimits) -> None:
        super().__init__(client=False)
        self._limits = limits
        self._frames = 0
        self._frames_since = time.monotonic()
        self._message_bytes = 0

    def extension_processing(self, opcode: Opcode, rsv: RsvBits, payload_len: int) -> None:
        """Counts one frame; wsproto asks here because an extension may object to a header.

        Raises:
            ParseFailed: with the code to close with.
        """
        super().extension_processing(opcode, rsv, payload_len)
        self._count_frame()
        if not opcode.iscontrol():
            before = self._message_bytes if opcode is Opcode.CONTINUATION else 0
            self._message_bytes = before + payload_len
            if self._message_bytes > self._limits.message_max_bytes:
                raise ParseFailed("message too big", CloseReason.MESSAGE_TOO_BIG)

    def _count_frame(self) -> None:
        now = time.monotonic()
        if now - self._frames_since > WINDOW_SECONDS:
            self._frames_since, self._frames = now, 0
        self._frames += 1
        if self._frames > self._limits.frames_per_second * WINDOW_SECONDS:
            raise ParseFailed("too many frames", cast("CloseReason", TOO_MANY_FRAMES))


class BoundedConnection(Connection):
    """The server's end of a WebSocket: bounded, and never without a close code of its own.

    ``is_faulty`` tells that the client broke the rules, so that more of it may be on the way;
    ``goodbye`` is what it said when it closed first. ``path``, if somebody writes past it, learns
    of the first goodbye of either side.
    """

    def __init__(self, limits: FrameLimits) -> None:
        super().__init__(ConnectionType.SERVER)
        self._proto._frame_decoder = BoundedDecoder(limits)
        self._after_close_bytes = 0
        self.is_faulty = False
        self.goodbye: CloseConnection | None = None
        self.path: Path | None = None

    def send(self, event: Event) -> bytes:
        """Returns the bytes of ``event``."""
        if isinstance(event, CloseConnection):
            self._end_path()
        return super().send(event)

    def receive_data(self, data: bytes | None) -> None:
        """Takes bytes from the client; only a few once we have said goodbye."""
        if data is not None and self.state is ConnectionState.LOCAL_CLOSING:
            self._after_close_bytes += len(data)
            if self._after_close_bytes > AFTER_CLOSE_MAX_BYTES:
                data = None  # as if the client had gone
        if data is None:
            self._end_path()
        super().receive_data(data)

    def events(self) -> Generator[Event, None, None]:
        """Yields what the client did; a frame that breaks the rules is as if it had closed.

        Both servers answer a close of the client with its own code, and that is what RFC 6455
        (7.1.7) wants of us here: the code of the fault in a close frame, then the end.
        """
        for event in super().events():
            if isinstance(event, CloseConnection):
                self._end_path()
            if isinstance(event, CloseConnection) and self.state is ConnectionState.OPEN:
                self._state = REMOTE_CLOSING
                self.is_faulty = True
            elif isinstance(event, CloseConnection) and self.state is REMOTE_CLOSING:
                self.goodbye = event
            yield event

    def _end_path(self) -> None:
        if self.path is not None:
            self.path.end()
