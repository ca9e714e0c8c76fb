"""What is judged before a connection is accepted: where it comes from, and if there is room."""

from collections.abc import Container
from collections.abc import Iterable
from dataclasses import dataclass

from app.realtime.asgi import Scope
from app.realtime.asgi import address_of
from app.realtime.asgi import header
from app.realtime.connections.limits import Full
from app.realtime.core import Core
from app.realtime.protocol.messages import SUBPROTOCOL

DRAINING = Full("draining", 1.0)


@dataclass(frozen=True, slots=True)
class Denial:
    """An HTTP answer instead of an upgrade; ``reason`` is for logs and metrics."""

    status: int
    title: str
    reason: str
    after_seconds: float | None = None
    allow: bytes | None = None


WRONG_ORIGIN = Denial(403, "This page may not connect here.", "origin")
NO_SUBPROTOCOL = Denial(400, f"Offer the subprotocol {SUBPROTOCOL}.", "subprotocol")


def is_foreign_socket(scope: Scope, origins: Iterable[str]) -> bool:
    """Whether a page of another site opens a socket with its visitor's cookie.

    Browsers always send ``Origin``. Programs do not: they may, as long as they bring no cookie.
    """
    origin = header(scope, b"origin")
    if origin is None:
        return header(scope, b"cookie") is not None
    return origin not in origins


def is_foreign_stream(scope: Scope, origins: Iterable[str]) -> bool:
    """The same for a stream, which a browser opens without ``Origin`` on its own site."""
    origin = header(scope, b"origin")
    if origin is not None:
        return origin not in origins
    site = header(scope, b"sec-fetch-site")
    return header(scope, b"cookie") is not None and site not in {None, "same-origin"}


def is_foreign_command(scope: Scope, origins: Container[str | None]) -> bool:
    """The same for a command over HTTP, by the rule of every other unsafe request."""
    origin = header(scope, b"origin")
    site = header(scope, b"sec-fetch-site")
    if origin in origins or site == "same-origin":
        return False
    return not (origin is None and site is None and header(scope, b"cookie") is None)


def judge_socket(core: Core, scope: Scope) -> Denial | None:
    """Returns why a socket is refused, or None after counting it in."""
    if is_foreign_socket(scope, core.origins):
        return WRONG_ORIGIN
    if SUBPROTOCOL not in scope.get("subprotocols", ()):
        return NO_SUBPROTOCOL
    full = enter(core, scope)
    if full is not None:
        return Denial(503, "No room for now.", full.reason, full.after_seconds)
    return None


def enter(core: Core, scope: Scope) -> Full | None:
    """Counts a newcomer in, or returns why there is no room."""
    if core.is_draining:
        return DRAINING
    return core.admission.enter(address_of(scope), now=core.clock())
