"""One line per request, with an id that the caller may bring and always gets back."""

import re
import secrets
import time
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Any

import structlog

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
HEADER = b"x-request-id"
QUIET_PATHS = ("/static/", "/livez", "/readyz")

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

log = structlog.get_logger()


def request_id_of(scope: Message) -> str:
    """Returns the caller's request id when it is harmless, else a new one."""
    brought = next((value for name, value in scope["headers"] if name == HEADER), b"")
    return brought.decode() if REQUEST_ID.fullmatch(brought) else secrets.token_hex(8)


class RequestLog:
    """Wraps an ASGI application; servers' own access logs cost more than half a request."""

    def __init__(self, application: Any) -> None:
        self._application: Application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serves one scope and writes its line when it has ended."""
        if scope["type"] not in {"http", "websocket"}:
            await self._application(scope, receive, send)
            return
        request_id = request_id_of(scope)
        scope["request_id"] = request_id
        line = Line(request_id)
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._application(scope, receive, line.watching(send))
            finally:
                line.write(scope, milliseconds=1000 * (time.perf_counter() - started))


class Line:
    """What is learnt of an answer while it is sent."""

    __slots__ = ("_code", "_request_id", "_sent_bytes", "_status")

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id
        self._status = 0
        self._code = 0
        self._sent_bytes = 0

    def watching(self, send: Send) -> Send:
        """Returns ``send`` with an eye on status and size, and the id on the answer."""

        async def watched(message: Message) -> None:
            kind = message["type"]
            if kind in {"http.response.start", "websocket.http.response.start"}:
                self._status = message["status"]
                headers = [*message.get("headers", ()), (HEADER, self._request_id.encode())]
                message = {**message, "headers": headers}
            elif kind == "websocket.accept":
                self._status = 101
            elif kind == "websocket.close":
                self._code = message.get("code", 1000)
            elif kind == "http.response.body":
                self._sent_bytes += len(message.get("body", b""))
            await send(message)

        return watched

    def write(self, scope: Message, *, milliseconds: float) -> None:
        """Writes the line; health checks and static files are for ``LOG_LEVEL=debug``."""
        level = log.debug if scope["path"].startswith(QUIET_PATHS) else log.info
        facts: dict[str, Any] = {"status": self._status, "ms": round(milliseconds, 1)}
        if scope["type"] == "http":
            level(
                "request",
                method=scope["method"],
                path=scope["path"],
                bytes=self._sent_bytes,
                **facts,
            )
        else:
            level("websocket", path=scope["path"], code=self._code, **facts)
