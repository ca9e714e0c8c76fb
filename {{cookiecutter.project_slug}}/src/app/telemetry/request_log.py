"""One line per request, with an id that the caller may bring and always gets back.

Sockets and streams live long, so they get two: one when they open and one when they close.
"""

import logging
import re
import time
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import structlog

from app.telemetry import trace
from app.telemetry.random_hex import random_hex
from app.telemetry.request_times import RequestTimes
from app.telemetry.shortcut import write_event
from app.telemetry.shortcut import write_fields

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

# The line and not its values: a request runs in tasks of its own, whose context is a copy.
_line: ContextVar["Line | None"] = ContextVar("request_line", default=None)

log = logging.getLogger(__name__)


def note(**facts: object) -> None:
    """Adds facts to the line of the current request: who called, say. Elsewhere it does nothing."""
    line = _line.get()
    if line is not None:
        line.facts.update(facts)


def caller_address() -> str | None:
    """Returns the address that the current request came from, None when there is no request."""
    line = _line.get()
    return None if line is None else line.address


def current_request_id() -> str | None:
    """Returns the id of the current request; in a job, of the request that enqueued it."""
    span = trace.current_trace()
    if span is not None and span.request_id:
        return span.request_id
    found = structlog.contextvars.get_contextvars().get("request_id")
    return str(found) if found else None


def span_of(scope: Message) -> trace.Trace:
    """Returns what a request is known by.

    The caller's request id is kept when it is harmless. Of ``traceparent`` there may be one; two
    say nothing (section 3.2 of the recommendation).
    """
    brought, told = b"", []
    for name, value in scope["headers"]:
        if name == HEADER:
            brought = brought or value
        elif name == trace.HEADER:
            told.append(value)
    if brought and REQUEST_ID.fullmatch(brought):
        request_id = brought.decode()
    else:
        request_id = random_hex.take(16)
    traceparent = told[0].decode("latin-1") if len(told) == 1 else None
    return trace.trace_of(traceparent, request_id=request_id)


class RequestLog:
    """Wraps an ASGI application; servers' own access logs cost more than half a request.

    ``headers``, their names in lower case, are added to each answer that does not bring its own:
    here, because a second look at every message would cost a second time. So ``times`` is told of
    each request here, too.
    """

    def __init__(
        self,
        application: Any,
        *,
        headers: Mapping[bytes, bytes] | None = None,
        times: RequestTimes | None = None,
    ) -> None:
        self._application: Application = application
        self._headers = dict(headers or {})
        self._added = tuple(self._headers.items())
        self._times = times

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serves one scope and writes its line when it has ended."""
        if scope["type"] not in {"http", "websocket"}:
            await self._application(scope, receive, send)
            return
        span = span_of(scope)
        line = Line(scope, span.request_id, self._headers, self._added)
        known, noted = trace.CURRENT.set(span), _line.set(line)
        try:
            await self._application(scope, receive, line.watching(send))
        finally:
            _line.reset(noted)
            line.end(self._times)
            trace.CURRENT.reset(known)


class Line:
    """What is learnt of an answer while it is sent."""

    __slots__ = (
        "_added",
        "_bytes",
        "_code",
        "_headers",
        "_kind",
        "_request_id",
        "_scope",
        "_started",
        "_status",
        "facts",
    )

    def __init__(
        self,
        scope: Message,
        request_id: str,
        headers: Mapping[bytes, bytes],
        added: Iterable[tuple[bytes, bytes]],
    ) -> None:
        self.facts: dict[str, object] = {}
        self._headers = headers
        self._added = added
        self._scope = scope
        self._request_id = request_id
        self._started = time.perf_counter()
        self._kind = "request"
        self._status = 0  # an answer that never began, as when the client went away
        self._code: int | None = None
        self._bytes = 0

    @property
    def address(self) -> str | None:
        """The address that the request came from."""
        client = self._scope.get("client")
        return client[0] if client else None

    def watching(self, send: Send) -> Send:
        """Returns ``send`` with an eye on status and size, and the id on the answer."""

        def watched(message: Message) -> Awaitable[None]:  # no coroutine around every message
            kind = message["type"]
            if kind == "http.response.body":
                self._bytes += len(message.get("body") or b"")
            elif kind in ANSWERS:
                message = {**message, "headers": [*message.get("headers", ())]}
                self._note_answer(message, self._complete(message["headers"]))
            elif kind == "websocket.close":
                self._code = message.get("code", 1000)
            else:
                self._bytes += len(
                    message.get("text") or message.get("bytes") or message.get("body") or b""
                )
            return send(message)

        return watched

    def _complete(self, headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
        """Adds to the headers of an answer what it does not bring, and returns what it brings."""
        brought = {name.lower(): value for name, value in headers}
        headers.append((HEADER, self._request_id.encode()))
        if self._headers.keys().isdisjoint(brought):
            headers += self._added
        else:
            headers += [pair for pair in self._added if pair[0] not in brought]
        return brought

    def _note_answer(self, message: Message, brought: Mapping[bytes, bytes]) -> None:
        self._status = message.get("status", 101)
        if message["type"] == "websocket.accept":
            self._kind = "websocket"
        elif brought.get(b"content-type", b"").startswith(STREAM_TYPE):
            self._kind = "stream"
        if self._kind != "request":
            write_event(log, logging.INFO, f"{self._kind}_opened", path=self._scope["path"])

    def end(self, times: RequestTimes | None) -> None:
        """Writes the line, and counts the request, if it was one."""
        seconds = time.perf_counter() - self._started
        self._write(seconds)
        if times is not None and self._kind == "request":
            times.note(seconds, status=self._status)

    def _write(self, seconds: float) -> None:
        """Writes the line; health checks and static files are for ``LOG_LEVEL=debug``."""
        scope = self._scope
        is_quiet = scope["path"].startswith(QUIET_PATHS)
        fields = {
            "method": scope.get("method", "GET"),
            "path": scope["path"],
            "status": self._status,
            "ms": round(1000 * seconds, 1),
            "bytes": self._bytes,
        }
        if self._code is not None:
            fields["code"] = self._code
        fields.update(self.facts)
        event = "request" if self._kind == "request" else f"{self._kind}_closed"
        write_fields(log, logging.DEBUG if is_quiet else logging.INFO, event, fields)
