"""The ways to a client: prepared bytes straight to its transport, or the server's ``send``."""

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Coroutine
from collections.abc import Sequence
from functools import partial
from typing import Any
from typing import Protocol
from typing import cast

import structlog

from app.realtime.asgi import Event
from app.realtime.asgi import Scope
from app.realtime.asgi import Send
from app.realtime.protocol.chunk import Chunk
from app.realtime.protocol.close_codes import CloseCode
from app.settings import RealtimeSettings
from app.transport.direct import DirectPath
from app.transport.direct import accepts_compression
from app.transport.direct import path_for_frames
from app.transport.direct import path_for_parts
from app.transport.direct import sends_without_task
from app.transport.severing import sever
from app.transport.slimming import slim
from app.transport.stepping import step_into

log = structlog.get_logger()

Rest = Callable[[], Awaitable[Any]]


class Writer(Protocol):
    """The way to one client.

    ``joins`` tells that it pays to wait for the end of the tick and write everything at once.
    """

    @property
    def path(self) -> DirectPath | None:
        """What takes frames that many sockets share, without a look at this one."""

    @property
    def joins(self) -> bool:
        """Whether each write is dear, so that a tick's chunks are worth joining."""

    def write(self, chunks: Sequence[Chunk]) -> Rest | None:
        """Writes all of ``chunks`` in order.

        Returns what is left to be done before the next write, because the client does not read;
        None when nothing is. Raises OSError when the client is gone.
        """

    def left_bytes(self) -> int:
        """Returns how much of what was written the client has not taken.

        Where that cannot be known it is always 0.
        """

    async def close(self, code: CloseCode, reason: str) -> None:
        """Says goodbye; nothing is written afterwards."""

    def abort(self) -> None:
        """Cuts the transport without another byte."""


class _OverSend:
    """Writes with ``send``, which any ASGI server has.

    ``steps`` tells that it may be begun without a task; else all of it is left for a task.
    """

    __slots__ = ("_send", "_steps")
    joins = True
    path = None

    def __init__(self, send: Send, *, steps: bool = False) -> None:
        self._send = send
        self._steps = steps

    def _begin(self, event: Event) -> Rest | None:
        if not self._steps:
            return partial(self._send, event)
        rest = step_into(cast("Coroutine[Any, Any, None]", self._send(event)))
        return None if rest is None else lambda: rest

    def left_bytes(self) -> int:
        """Returns 0: behind ``send`` nothing can be seen."""
        return 0

    def abort(self) -> None:
        """Cuts the transport without another byte."""
        sever(self._send)


class SocketWriter(_OverSend):
    """Writes all lines of a tick in one text frame."""

    __slots__ = ()

    def write(self, chunks: Sequence[Chunk]) -> Rest | None:
        """Writes all of ``chunks`` as one frame."""
        text = chunks[0].text if len(chunks) == 1 else "\n".join(chunk.text for chunk in chunks)
        return self._begin({"type": "websocket.send", "text": text})

    async def close(self, code: CloseCode, reason: str) -> None:
        """Sends the close frame."""
        await self._send(_close_event(code, reason))


class StreamWriter(_OverSend):
    """Writes events as parts of a response body that does not end."""

    __slots__ = ()

    def write(self, chunks: Sequence[Chunk]) -> Rest | None:
        """Writes all of ``chunks`` as one part of the body."""
        body = chunks[0].data if len(chunks) == 1 else b"".join(chunk.data for chunk in chunks)
        event = {"type": "http.response.body", "body": body, "more_body": True}
        return self._begin(event)

    async def close(self, code: CloseCode, reason: str) -> None:
        """Ends the body; a stream has no code to say why."""
        await self._send(END_OF_BODY)


class _Direct:
    """Writes prepared bytes to the transport, and says goodbye with ``send``."""

    __slots__ = ("_send", "path")
    joins = False

    def __init__(self, path: DirectPath, send: Send) -> None:
        self.path = path
        self._send = send

    def left_bytes(self) -> int:
        """Returns how much of what was written the client has not taken."""
        return self.path.left_bytes()

    def abort(self) -> None:
        """Cuts the transport without another byte."""
        self.path.abort()


class DirectSocketWriter(_Direct):
    """Writes each chunk as a frame that all its receivers share."""

    __slots__ = ()

    def write(self, chunks: Sequence[Chunk]) -> Rest | None:
        """Writes all of ``chunks``, each in its frame."""
        data = chunks[0].frame if len(chunks) == 1 else b"".join(chunk.frame for chunk in chunks)
        return self.path.drain if self.path.write(data) else None

    async def close(self, code: CloseCode, reason: str) -> None:
        """Sends the close frame; it goes behind whatever is in the transport."""
        await self._send(_close_event(code, reason))


class DirectStreamWriter(_Direct):
    """Writes each chunk as a part of a chunked body that streams of the same topics share."""

    __slots__ = ()

    def write(self, chunks: Sequence[Chunk]) -> Rest | None:
        """Writes all of ``chunks``, each in its part."""
        data = chunks[0].part if len(chunks) == 1 else b"".join(chunk.part for chunk in chunks)
        return self.path.drain if self.path.write(data) else None

    async def close(self, code: CloseCode, reason: str) -> None:
        """Ends the body; a stream has no code to say why."""
        await self._send(END_OF_BODY)


END_OF_BODY: Event = {"type": "http.response.body", "body": b"", "more_body": False}


class Writers:
    """Chooses the way to each client, and says once when a server compresses after all."""

    def __init__(self, settings: RealtimeSettings) -> None:
        self._is_direct = settings.preframed_writes
        self._has_warned = False

    def for_socket(self, scope: Scope, send: Send) -> Writer:
        """Returns the way to a socket that has just been accepted."""
        if not self._has_warned and accepts_compression(send):
            self._has_warned = True
            log.warning("realtime.compression_accepted", cost="130 KiB for each connection")
        path = path_for_frames(scope, send) if self._is_direct else None
        if path is None:
            return SocketWriter(send, steps=sends_without_task(send))
        # Only now it is certain that the handshake is over: a server may have refused it.
        slim(send)
        return DirectSocketWriter(path, send)

    def for_stream(self, scope: Scope, send: Send) -> Writer:
        """Returns the way to a stream whose response has just begun."""
        path = path_for_parts(scope, send) if self._is_direct else None
        if path is None:
            return StreamWriter(send, steps=sends_without_task(send))
        return DirectStreamWriter(path, send)


def _close_event(code: CloseCode, reason: str) -> Event:
    return {"type": "websocket.close", "code": int(code), "reason": reason}
