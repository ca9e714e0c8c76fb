"""One line per request, with an id that the caller may bring and always gets back.

Sockets and streams live long, so they get two: one when they open and one when they close.
"""

import re
import secrets
import time
from collections.abc import Awaitable
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import structlog

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
HEADER = b"x-request-id"
QUIET_PATHS = ("/static/", "/livez", "/readyz")
STREAM_TYPE = b"text/event-stream"
# Messages whose headers reach the client.
ANSWERS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

# A dictionary and not a value: a request runs in tasks of its own, whose context is a copy.
_facts: ContextVar[dict[str, object] | None] = ContextVar("request_facts", default=None)

log = structlog.get_logger()


def note(**facts: object) -> None:
    """Adds facts to the line of the current request: who called, say. Elsewhere it does nothing."""
    noted = _facts.get()
    if noted is not None:
        noted.update(facts)


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
        line = Line(scope, request_id)
        noted = _facts.set(line.facts)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._application(scope, receive, line.watching(send))
            finally:
                _facts.reset(noted)
                line.write()


class Line:
    """What is learnt of an answer while it is sent."""

    __slots__ = (
        "_bytes",
        "_code",
        "_kind",
        "_request_id",
        "_scope",
        "_started",
        "_status",
        "facts",
    )

    def __init__(self, scope: Message, request_id: str) -> None:
        self.facts: dict[str, object] = {}
        self._scope = scope
        self._request_id = request_id
        self._started = time.perf_counter()
        self._kind = "request"
        self._status = 0  # an answer that never began, as when the client went away
        self._code: int | None = None
        self._bytes = 0

    def watching(self, send: Send) -> Send:
        """Returns ``send`` with an eye on status and size, and the id on the answer."""

        async def watched(message: Message) -> None:
            if message["type"] in ANSWERS:
                headers = [*message.get("headers", ()), (HEADER, self._request_id.encode())]
                message = {**message, "headers": headers}
                self._note_answer(message)
            elif message["type"] == "websocket.close":
                self._code = message.get("code", 1000)
            else:
                self._bytes += len(
                    message.get("body") or message.get("text") or message.get("bytes") or b""
                )
            await send(message)

        return watched

    def _note_answer(self, message: Message) -> None:
        self._status = message.get("status", 101)
        if message["type"] == "websocket.accept":
            self._kind = "websocket"
        elif self._is_stream(message):
            self._kind = "stream"
        if self._kind != "request":
            log.info(f"{self._kind}_opened", path=self._scope["path"])

    @staticmethod
    def _is_stream(message: Message) -> bool:
        types = (value for name, value in message["headers"] if name.lower() == b"content-type")
        return any(value.startswith(STREAM_TYPE) for value in types)

    def write(self) -> None:
        """Writes the line; health checks and static files are for ``LOG_LEVEL=debug``."""
        is_quiet = self._scope["path"].startswith(QUIET_PATHS)
        event = "request" if self._kind == "request" else f"{self._kind}_closed"
        code = {} if self._code is None else {"code": self._code}
        (log.debug if is_quiet else log.info)(
            event,
            method=self._scope.get("method", "GET"),
            path=self._scope["path"],
            status=self._status,
            ms=round(1000 * (time.perf_counter() - self._started), 1),
            bytes=self._bytes,
            **code,
            **self.facts,
        )
