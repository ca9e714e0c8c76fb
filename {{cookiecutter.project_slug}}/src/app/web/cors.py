"""Lets pages of other origins call this service: those of ``ALLOWED_ORIGINS``, and no others.

Off unless there are any. They are trusted as our own pages are: they may send the session's cookie
(where browsers still send it: to another subdomain, not to another site), they pass the check of
`app.web.csrf`, and they may open sockets, which CORS has no say in.
"""

from collections.abc import Collection
from collections.abc import Iterable
from typing import Any
from typing import Final

from quart import Quart
from quart import Request
from quart_cors import cors

from app.realtime.asgi import header
from app.realtime.endpoints.endpoint import COMMANDS_PATH
from app.realtime.endpoints.endpoint import STREAM_PATH

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ACCEPTED: Final = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Traceparent",
    "X-Request-Id",
)
SHOWN: Final = (
    "ETag",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
)
PREFLIGHT_SECONDS: Final = 600
EXTENSION: Final = "cors_origins"
# The endpoints in front of Quart, where quart-cors has no say.
REALTIME: Final = {STREAM_PATH: "GET", COMMANDS_PATH: "POST"}
# `EventSource` sends the last by itself; whoever reads a stream with `fetch` has to ask for it.
REALTIME_ACCEPTED: Final = ("Authorization", "Content-Type", "Last-Event-ID")


def install_cors(app: Quart, origins: Iterable[str]) -> None:
    """Answers preflights of ``origins`` and lets them read answers; every other gets nothing."""
    listed = sorted(origins)
    app.extensions[EXTENSION] = frozenset(listed)
    cors(
        app,
        allow_origin=listed,
        allow_credentials=True,
        allow_methods=METHODS,
        allow_headers=ACCEPTED,
        expose_headers=SHOWN,
        max_age=PREFLIGHT_SECONDS,
    )


def is_preflight(app: Quart, request: Request) -> bool:
    """Tells whether a request asks, for a listed origin, what it may send.

    Browsers send no cookie with it, so no guard could let it through.
    """
    return (
        request.method == "OPTIONS"
        and "Access-Control-Request-Method" in request.headers
        and request.headers.get("Origin") in app.extensions.get(EXTENSION, ())
    )


class SharedRealtime:
    """Lets pages of ``origins`` read streams and the replies to commands over HTTP.

    The endpoints themselves refuse every other origin, before they look at anything else.
    """

    def __init__(self, application: Any, origins: Collection[str]) -> None:
        self._application = application
        self._origins = frozenset(origins)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Passes the call on, or answers a preflight."""
        if scope["type"] != "http" or scope["path"] not in REALTIME:
            await self._application(scope, receive, send)
            return
        added = [(b"vary", b"Origin"), *self._grants(scope)]
        wanted = header(scope, b"access-control-request-method")
        if scope["method"] == "OPTIONS" and wanted is not None and len(added) > 1:
            await _answer_preflight(send, [*added, *_permissions(scope["path"])])
            return

        async def send_on(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self._application(scope, receive, send_on)

    def _grants(self, scope: Any) -> list[tuple[bytes, bytes]]:
        origin = header(scope, b"origin")
        if origin is None or origin not in self._origins:
            return []
        return [
            (b"access-control-allow-origin", origin.encode()),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", ", ".join(SHOWN).encode()),
        ]


def _permissions(path: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-methods", REALTIME[path].encode()),
        (b"access-control-allow-headers", ", ".join(REALTIME_ACCEPTED).encode()),
        (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
    ]


async def _answer_preflight(send: Any, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
