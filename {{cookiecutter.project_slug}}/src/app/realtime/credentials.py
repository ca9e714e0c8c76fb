"""What a caller shows, and what it is found to be worth."""

from collections.abc import Awaitable
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs

from app.principal import ANONYMOUS
from app.principal import Principal
from app.realtime.asgi import Scope
from app.realtime.asgi import header

BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Credential:
    """One proof of who is calling.

    ``cookie`` is the whole header; ``session`` is the id of a session, which no client can show: it
    stands for a ticket that was used up.
    """

    kind: Literal["none", "ticket", "bearer", "link", "cookie", "session"]
    value: str = ""


NO_CREDENTIAL = Credential("none")


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who a credential stands for, and for how long; without a time until it is revoked.

    ``again`` is what to ask at the next look, where the credential itself is good only once.
    """

    principal: Principal
    seconds_left: float | None = None
    again: Credential | None = None


NOBODY = Vouched(ANONYMOUS)

# Judges a credential; NOBODY when it is worth nothing, or no more.
# Raises errors.Unavailable when it cannot be told for now.
Authenticate = Callable[[Credential], Awaitable[Vouched]]


def credential_of(scope: Scope, *, ticket: str | None = None) -> Credential:
    """Returns the one that decides: the ticket of ``hello``, else a bearer token, else the cookie.

    The first one present, good or bad: a bad ticket beside a good cookie lets nobody in.
    """
    if ticket is not None:
        return Credential("ticket", ticket)
    authorization = header(scope, b"authorization")
    if authorization is not None and authorization.lower().startswith(BEARER):
        return Credential("bearer", authorization[len(BEARER) :].strip())
    cookie = header(scope, b"cookie")
    return NO_CREDENTIAL if cookie is None else Credential("cookie", cookie)


def link_of(scope: Scope) -> Credential | None:
    """Returns the link that a stream is opened with, if it is: ``GET /realtime/events?link=``.

    It decides before all others, so that a link shows the same to everybody. It is in the address
    because an ``EventSource`` can send no header and a cookie would be of all windows; what opens
    more than a few topics to look at must never be taken from here.
    """
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    found = parse_qs(scope["query_string"].decode("latin-1")).get("link")
    return Credential("link", found[0]) if found else None


def is_for_another(scope: Scope, who: Principal) -> bool:
    """Whether the page that connects says it was made for somebody else (``?signed-in-as=``).

    It brings the cookie of whoever is signed in in its browser by now, and can send no header.
    """
    named = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("signed-in-as")
    return named is not None and named[0] != str(who.known_id)
