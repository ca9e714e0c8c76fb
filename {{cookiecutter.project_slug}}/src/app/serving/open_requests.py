"""What the process is answering right now, so that it can wait for it, name it, or cut it."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import MutableMapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

SERVICE_RESTART = 1012
EVENT_STREAM = b"text/event-stream"
CLOSE: Message = {"type": "websocket.close", "code": SERVICE_RESTART, "reason": "restarting"}
REFUSAL: Message = {
    "type": "http.response.start",
    "status": 503,
    "headers": [(b"content-length", b"0"), (b"retry-after", b"1"), (b"connection", b"close")],
}


@dataclass(eq=False)
class OpenRequest:
    """One request, or one socket or stream that has no end of its own (``is_endless``)."""

    label: str
    send: Send
    is_socket: bool
    is_endless: bool
    has_begun: bool = False
    is_cut: bool = False
    started: float = field(default_factory=time.monotonic)
    task: "asyncio.Task[Any] | None" = field(default_factory=asyncio.current_task)

    def __str__(self) -> str:
        return f"{self.label} ({time.monotonic() - self.started:.1f} s)"


class OpenRequests:
    """An ASGI wrapper around the application that knows what is open."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._open: set[OpenRequest] = set()
        self._changed = asyncio.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Runs the application and keeps track of it; the life of the process is not its affair."""
        if scope["type"] == "lifespan":
            await _live_without_the_application(receive, send)
            return
        is_socket = scope["type"] == "websocket"
        label = f"{scope.get('method', 'WEBSOCKET')} {scope['path']}"
        request = OpenRequest(label, send, is_socket, is_endless=is_socket)
        self._open.add(request)
        try:
            await self._application(scope, receive, _watching(request))
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
                await asyncio.gather(*map(_say_goodbye, requests), return_exceptions=True)
        for request in requests:
            request.is_cut = True
            if request.task:
                request.task.cancel()


async def _say_goodbye(request: OpenRequest) -> None:
    if request.is_socket:
        await request.send(CLOSE)
    elif not request.has_begun:
        await request.send(REFUSAL)
        await request.send({"type": "http.response.body", "body": b""})


def _watching(request: OpenRequest) -> Send:
    """Wraps ``send`` so that the request knows whether its response has begun, and is a stream."""

    inner = request.send  # held by the function itself, where `app.transport` looks for it

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            request.has_begun = True
            content_type = dict(message.get("headers", ())).get(b"content-type", b"")
            request.is_endless = content_type.startswith(EVENT_STREAM)
        await inner(message)

    return send


async def _live_without_the_application(receive: Receive, send: Send) -> None:
    """Answers the server's lifespan protocol: the runner starts and stops the application."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
