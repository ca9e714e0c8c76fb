"""How often a route may be called: declared on the view, counted before it runs."""

from collections.abc import Callable
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from ipaddress import IPv6Network
from ipaddress import ip_address
from typing import Any
from typing import TypeVar
from typing import cast

from quart import Request
from quart import Response
from quart import current_app
from quart import request

from app.principal import Principal
from app.principal import id_text
from app.transport.answer_headers import append_header
from app.web.guards import Views
from app.web.guards import current_principal
from app.web.limiter import Limiter
from app.web.limiter import parsed
from app.web.standing import Standing
from app.web.static_files import is_static

EXTENSION = "limiter"
LIMIT = "__limit__"
ONLY_SHARED = "__limit_only_shared__"
DEFAULT = "60/minute"
# For what orchestrators and browsers ask again and again, and what costs next to nothing.
UNLIMITED = ""
# A home, an office or a phone gets at least so many bits of an IPv6 address to itself.
HOME_BITS = 64

View = TypeVar("View", bound=Callable[..., Any])


def limit(rate: str, *, only_shared: bool = False) -> Callable[[View], View]:
    """Declares how often one caller may call a view: ``"60/minute"``, ``"10/3minutes; 50/day"``.

    A caller is a person who is signed in, and otherwise an address. While Redis is away each
    process counts for itself; with ``only_shared``, for views that take a password or a code,
    the view answers 503 instead, since guesses could be spread over the processes.

    Raises:
        ValueError: this is no rate.
    """
    if rate != UNLIMITED:
        parsed(rate)

    def declare(view: View) -> View:
        setattr(view, LIMIT, rate)
        setattr(view, ONLY_SHARED, only_shared)
        return view

    return declare


def limit_of(view: Callable[..., Any] | None) -> str | None:
    """Returns what a view declares, if anything."""
    return cast("str | None", getattr(view, LIMIT, None))


def is_only_shared(view: Callable[..., Any] | None) -> bool:
    """Tells whether a view is closed while Redis is away."""
    return bool(getattr(view, ONLY_SHARED, False))


async def spend(rate: str, *what: str, only_shared: bool = False) -> None:
    """Counts one more of something that a view limits by itself: attempts at one account, say.

        await spend("10/3minutes", "sign-in", email, only_shared=True)

    Raises:
        TooMany: that was once too often.
        Unavailable: ``only_shared``, and Redis is away.
    """
    limiter = cast("Limiter", current_app.extensions[EXTENSION])
    await limiter.spend(rate, *what, only_shared=only_shared)


async def spend_limit(
    limiter: Limiter, views: Views, call: Request, who: Principal
) -> Sequence[Standing]:
    """Counts a request against the limit of its view, and returns how its caller stands.

    Raises:
        TooMany: the caller has used it up.
        Unavailable: only Redis may count these calls, and it is away.
    """
    endpoint = call.endpoint
    if endpoint is None or is_static(endpoint):
        return ()
    view = views.get(endpoint)
    declared = limit_of(view)
    rate = DEFAULT if declared is None else declared
    if rate == UNLIMITED:
        return ()
    named = _caller(call, who)
    if limiter.is_alone:
        return limiter.spend_here(rate, endpoint, named)
    return await limiter.spend(rate, endpoint, named, only_shared=is_only_shared(view))


def add_limit_headers(
    response: Response, standings: Sequence[Standing], brought: AbstractSet[str]
) -> None:
    """Tells callers how they stand, so that they can slow down before they are refused.

    ``brought`` are the names of the headers that the answer has, in lower case.
    """
    if not standings or "ratelimit" in brought:
        return
    headers = response.headers
    if "ratelimit-policy" in brought:
        headers.remove("RateLimit-Policy")
    if len(standings) == 1:  # as nearly always
        append_header(headers, "RateLimit", standings[0].state)
        append_header(headers, "RateLimit-Policy", standings[0].policy)
        return
    for name, text in limit_headers(standings).items():
        append_header(headers, name, text)


def limit_headers(standings: Sequence[Standing]) -> dict[str, str]:
    """Returns the fields of draft-ietf-httpapi-ratelimit-headers."""
    return {
        "RateLimit": ", ".join([standing.state for standing in standings]),
        "RateLimit-Policy": ", ".join([standing.policy for standing in standings]),
    }


def caller() -> str:
    """Returns who calls, as far as limits go: a person, or an address (a /64 of IPv6)."""
    return _caller(request, current_principal())


def _caller(call: Request, who: Principal) -> str:
    if who.is_person:
        return id_text(who.own_id)
    # Not `remote_addr`: that is a header, of which a client may send one of its own.
    client = call.scope.get("client")
    return network(client[0]) if client else "local"


def network(address: str) -> str:
    """Returns an address without the bits that its owner can change at will."""
    try:
        parsed_address = ip_address(address)
    except ValueError:
        return address
    if parsed_address.version == 4:
        return address
    return str(IPv6Network((int(parsed_address), HOME_BITS), strict=False))
