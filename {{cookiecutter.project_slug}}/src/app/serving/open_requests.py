"""What the process is answering right now, so that it can wait for it, name it, or cut it."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import MutableMapping
from typing import Any

from app.transport.server_answers import Headers

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

SERVICE_RESTART = 1012
CONTENT_TYPE = b"content-type"
EVENT_STREAM = b"text/event-stream"
CLOSE: Message = {"type": "websocket.close", "code": SERVICE_RESTART, "reason": "restarting"}
REFUSAL_HEADERS: Headers = (
    (b"content-length", b"0"),
    (b"retry-after", b"1"),
    (b"connection", b"close"),
)


class OpenRequest:
    """One request, or one socket or stream that has no end of its own (``is_endless``)."""

    __slots__ = (
        "_method",
        "_path",
        "has_begun",
        "is_cut",
        "is_endless",
        "is_socket",
        "send",
        "started",
        "task",
    )

    def __init__(self, scope: Message, send: Send) -> None:
        # Not the scope, which is large: a socket is open for hours.
        self._method, self._path = scope.get("method", "WEBSOCKET"), scope["path"]
        self.send = send
        self.is_socket = self.is_endless = scope["type"] == "websocket"
        self.has_begun = self.is_cut = False
        self.started = time.monotonic()
        self.task = asyncio.current_task()

    def __str__(self) -> str:
        return f"{self._method} {self._path} ({time.monotonic() - self.started:.1f} s)"


class OpenRequests:
    """An ASGI wrapper around the application that knows what is open.

    ``headers`` are those of what it answers itself, to requests that it has to cut.
    """

    def __init__(self, application: Application, *, headers: Headers = ()) -> None:
        self._application = application
        self._refusal = {
            "type": "http.response.start",
            "status": 503,
            "headers": [*REFUSAL_HEADERS, *headers],
        }
        self._open: set[OpenRequest] = set()
        self._changed = asyncio.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Runs the application and keeps track of it; the life of the process is not its affair."""
        if scope["type"] == "lifespan":
            await _live_without_the_application(receive, send)
            return
        request = OpenRequest(scope, send)
        self._open.add(request)
        watched = send if request.is_socket else _watching(request)
        try:
            await self._application(scope, receive, watched)
        except asyncio.CancelledError:
            if not request.is_cut:
                raise
        finally:
            self._open.discard(request)
            self._changed.set()

    @property
    def unfinished(self) -> list[str]:
        """Names the requests that are being answered, the oldest first; streams do not count."""
        requests = sorted(self._open, key=lambda request: request.started)
        return [str(request) for request in requests if not request.is_endless]

    async def finish(self, *, deadline: float) -> None:
        """Waits until no request is open, or until ``deadline`` on the loop's clock."""
        while self.unfinished:
            self._changed.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._changed.wait()
            except TimeoutError:
                return

    async def cut(self, *, within_seconds: float) -> None:
        """Ends all that is left: sockets with 1012, unanswered requests with 503, all at once."""
        requests = list(self._open)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                goodbyes = [self._say_goodbye(request) for request in requests]
                await asyncio.gather(*goodbyes, return_exceptions=True)
        for request in requests:
            request.is_cut = True
            if request.task:
                request.task.cancel()

    async def _say_goodbye(self, request: OpenRequest) -> None:
        if request.is_socket:
            await request.send(CLOSE)
        elif not request.has_begun:
            await request.send(self._refusal)
            await request.send({"type": "http.response.body", "body": b""})


def _watching(request: OpenRequest) -> Send:
    """Wraps ``send`` so that the request knows whether its response has begun, and is a stream."""

    inner = request.send  # held by the function itself, where `app.transport` looks for it

    def send(message: Message) -> Awaitable[None]:  # no coroutine of its own around every message
        if message["type"] == "http.response.start":
            request.has_begun = True
            request.is_endless = _is_stream(message.get("headers", ()))
        return inner(message)

    return send


def _is_stream(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    for name, value in headers:
        if name == CONTENT_TYPE:
            return value.startswith(EVENT_STREAM)
    return False


async def _live_without_the_application(receive: Receive, send: Send) -> None:
    """Answers the server's lifespan protocol: the runner starts and stops the application."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
