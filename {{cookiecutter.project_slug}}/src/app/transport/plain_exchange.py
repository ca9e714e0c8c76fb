"""The usual exchange: a request without a body, an answer made whole. No task, no pump.

Quart gives every request a task group with two tasks, and every answer three messages to the
server. Where there is no body to feed and nothing to stream, one coroutine and two messages do,
for about half the price (`make bench ARGS=requests` in the template's repository).
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import lru_cache
from functools import partial
from typing import Any
from typing import cast
from weakref import WeakSet

from hypercorn.typing import ASGIReceiveCallable
from hypercorn.typing import ASGISendCallable
from hypercorn.typing import HTTPScope
from quart import Quart
from quart import Response
from quart.asgi import _handle_exception
from quart.typing import ResponseTypes
from quart.wrappers import Request
from quart.wrappers.response import DataBody
from werkzeug.datastructures import Headers

from app.transport.body import BoundedBody
from app.transport.bounded_request import BoundedRequest
from app.transport.http_connection import WRITE_SECONDS
from app.transport.http_connection import HTTPConnection
from app.transport.joined_answer import WHOLE
from app.transport.leaving import Leaving
from app.transport.message_buffer import ClientLeft
from app.transport.received_headers import ReceivedHeaders
from app.transport.stepping import step_into
from app.transport.versions import is_disconnect

# Other methods may bring a body without its length, over HTTP/2 and in Quart's test client.
METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})


class PlainHTTPConnection(HTTPConnection):
    """Serves the usual exchange itself, and leaves every other one to ``HTTPConnection``."""

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serves one request."""
        if not is_without_body(self.scope):
            await super().__call__(receive, send)
            return
        request = self._request_without_body(send)
        body = cast("BoundedBody", request.body)
        response = None
        async with Leaving(receive) as client:
            response = await self._answer(request)
        if response is None or client.has_left:
            return
        data = whole_body(response)
        if data is None:
            await self.stream(body, response, receive, send)
        else:
            await self._send_whole(response, data, send)

    async def _answer(self, request: Request) -> ResponseTypes | None:
        try:
            return await self.app.handle_request(request)
        except Exception as error:
            if is_disconnect(error):
                return None
            return await _handle_exception(self.app, error)

    async def _send_whole(
        self, response: ResponseTypes, data: bytes, send: ASGISendCallable
    ) -> None:
        start = {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": _encoded(response.headers),
            WHOLE: True,
        }
        body = {"type": "http.response.body", "body": data, "more_body": False}
        # Who is gone, or does not read, needs nothing more; the server closes what is unfinished.
        with suppress(OSError, TimeoutError, ClientLeft):
            for event in (start, body):
                # Nearly always done at once: a deadline is dear, so it is set only for what waits.
                rest = step_into(cast("Coroutine[Any, Any, None]", send(cast("Any", event))))
                if rest is not None:
                    async with asyncio.timeout(self.app.config[WRITE_SECONDS]):
                        await rest

    def _request_without_body(self, send: ASGISendCallable) -> Request:
        if self.app.request_class is not BoundedRequest or not self._is_usual:
            request = self._create_request_from_scope(send)
            request.body.set_complete()
            return request
        scope = self.scope
        client = scope.get("client")
        headers = ReceivedHeaders(scope["headers"], address=client[0] if client else "<local>")
        push = partial(self._send_push_promise, send)
        return BoundedRequest.without_body(scope, headers, self.app, push)

    @property
    def _is_usual(self) -> bool:
        """Whether the address in the scope is to be taken as it is."""
        scope = self.scope
        return (
            not scope.get("root_path")
            and scope["http_version"] >= "1.1"
            and scope["path"][:1] == "/"
        )

    def _create_request_from_scope(self, send: ASGISendCallable) -> Request:
        # Quart's way to the same takes a fifth of a plain request: mostly for the names of headers,
        # which are nearly always the same few, and for checks of what a server has checked.
        scope, app = self.scope, self.app
        if not self._is_usual:
            return super()._create_request_from_scope(send)
        client = scope.get("client")
        return app.request_class(
            scope["method"],
            scope["scheme"],
            scope["path"],
            scope["query_string"],
            ReceivedHeaders(scope["headers"], address=client[0] if client else "<local>"),
            "",
            scope["http_version"],
            max_content_length=app.config["MAX_CONTENT_LENGTH"],
            body_timeout=app.config["BODY_TIMEOUT"],
            send_push_promise=partial(self._send_push_promise, send),
            scope=scope,
        )


def is_without_body(scope: HTTPScope) -> bool:
    """Whether the head of a request says for certain that no body follows."""
    if scope["method"] not in METHODS_WITHOUT_BODY:
        return False
    for name, _ in scope["headers"]:  # noqa: SIM110 - any() takes three times as long
        if name in BODY_HEADERS:
            return False
    return True


def whole_body(response: ResponseTypes) -> bytes | None:
    """Returns the body of an answer that is made whole, or the range of it that was asked for."""
    if not isinstance(response, Response):
        return None
    body = response.response
    if type(body) is not DataBody:
        return None
    return (
        body.data if body.end - body.begin == len(body.data) else body.data[body.begin : body.end]
    )


def _encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Returns headers as ASGI has them; Quart's way asks a generator for each."""
    return [(_wire_name(name), value.encode()) for name, value in headers]


@lru_cache(maxsize=1024)
def _wire_name(name: str) -> bytes:
    return name.lower().encode()


def remember_async_functions(app: Quart) -> None:
    """Has Quart ask only once whether a function is asynchronous, which costs it a microsecond.

    It asks for every handler and hook of every request. Functions are held weakly, so that those
    of one request (``after_this_request``) can go.
    """
    ask = app.ensure_async
    known: WeakSet[Any] = WeakSet()

    def ensure_async(function: Any) -> Any:
        plain = getattr(function, "__func__", function)
        try:
            if plain in known:
                return function
            wrapped = ask(function)
            if wrapped is function:
                known.add(plain)
        except TypeError:  # not hashable, or not to be held weakly
            return ask(function)
        return wrapped

    app.ensure_async = ensure_async  # type: ignore[assignment, method-assign]
