"""Refuses what a page of somebody else makes a visitor's browser send.

Browsers say where a request comes from, in ``Sec-Fetch-Site`` (over TLS and on this machine) or
in ``Origin``, and pages cannot change either. A program without a session cookie says neither and
has nothing to lose; one that sends the cookie adds ``Origin``. No token in forms is needed.
"""

from collections.abc import Set as AbstractSet

from quart import Request
from quart import websocket

from app.web.problems import CrossOrigin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def check_origin(request: Request, *, origins: AbstractSet[str], cookie_name: str) -> None:
    """Lets a request through unless it may have been forged.

    Sign-in counts too, though no cookie is sent yet: a visitor could be signed in as somebody else.

    Raises:
        CrossOrigin: it came from a foreign page, or says nothing though it carries a session.
    """
    if request.method in SAFE_METHODS:
        return
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site")
    if origin in origins or site == "same-origin":
        return
    if origin is None and site is None and cookie_name not in request.cookies:
        return
    raise CrossOrigin("only pages of this service may do this")


def check_websocket_origin(*, origins: AbstractSet[str]) -> None:
    """Lets the current handshake through if a page of this service made it.

    Browsers send cookies along with every handshake and apply no same-origin rule to it.

    Raises:
        CrossOrigin: a foreign page made it, or it does not say.
    """
    if websocket.headers.get("Origin") not in origins:
        raise CrossOrigin("only pages of this service may do this")
