"""Headers that every answer carries; one that a view sets itself is left alone.

`security_headers` go on at the outside of the service (`app.web.edge`): on pages and files, on what
is refused before there is a route, on streams, and on the answer to a WebSocket's handshake.
"""

import secrets
from collections.abc import Set as AbstractSet
from functools import cache
from functools import lru_cache
from typing import Final

from quart import Request
from quart import Response
from quart import g
from werkzeug.http import parse_options_header

from app.principal import Principal
from app.transport.answer_headers import append_header
from app.web.static_files import cache_for_long
from app.web.static_files import is_static

NONCE_BYTES: Final = 16
CONTENT_POLICY: Final = "Content-Security-Policy"
# Nothing but what is named, nothing inline, nothing from elsewhere: what is injected into a page
# does not run.
SOURCES: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
ALWAYS: Final = {
    CONTENT_POLICY: "; ".join(f"{name} {value}" for name, value in SOURCES.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OVER_TLS: Final = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}


def security_headers(*, secure: bool) -> dict[bytes, bytes]:
    """Returns what tells browsers to be careful, as ASGI has it.

    The names and values are always the same objects: the edge adds them to each answer, and the
    server knows them again (`app.transport.answer_lines`), which takes a look and no comparison.
    """
    return dict(_told(secure=secure))


@cache
def _told(*, secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    told = ALWAYS | OVER_TLS if secure else ALWAYS
    return tuple((name.lower().encode(), value.encode()) for name, value in told.items())


def csp_nonce() -> str:
    """Returns the nonce of the current answer, for a script or style that has to be inline.

        <script nonce="{{ csp_nonce() }}">

    Nobody needs one so far. The policy of an answer names a nonce only when this was called.
    """
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(NONCE_BYTES)
    nonce: str = g.csp_nonce
    return nonce


def add_nonce(response: Response, nonce: str | None) -> None:
    """Lets what has the nonce of this answer run, if there is one."""
    if nonce is not None:
        own = {name: f"{SOURCES[name]} 'nonce-{nonce}'" for name in ("script-src", "style-src")}
        policy = "; ".join(f"{name} {value}" for name, value in (SOURCES | own).items())
        response.headers.setdefault(CONTENT_POLICY, policy)


def add_cache_headers(
    response: Response, call: Request, who: Principal, brought: AbstractSet[str]
) -> None:
    """Says who may keep the response: everybody what has a version, nobody what is personal.

    Pages are asked for again rather than not kept at all, so that going back stays instant.
    ``brought`` are the names of the headers that the answer has, in lower case.
    """
    if is_static(call.endpoint):
        cache_for_long(response)
        return
    if "cache-control" in brought:
        return
    headers = response.headers
    if _is_page(headers.get("Content-Type", "")):
        response.vary.add("Cookie")
        append_header(headers, "Cache-Control", "private, no-cache")
    elif who.is_person:
        append_header(headers, "Cache-Control", "no-store")


@lru_cache(maxsize=256)
def _is_page(content_type: str) -> bool:
    return parse_options_header(content_type)[0] == "text/html"
