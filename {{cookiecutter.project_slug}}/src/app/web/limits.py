"""How often a route may be called: declared on the view, counted before it runs."""

from collections.abc import Callable
from ipaddress import IPv6Network
from ipaddress import ip_address
from typing import Any
from typing import TypeVar
from typing import cast

from quart import current_app
from quart import request

from app.web.guards import current_principal
from app.web.limiter import Limiter
from app.web.limiter import parsed
from app.web.static_files import is_static

EXTENSION = "limiter"
LIMIT = "__limit__"
DEFAULT = "60/minute"
# For what orchestrators and browsers ask again and again, and what costs next to nothing.
UNLIMITED = ""
# A home, an office or a phone gets at least so many bits of an IPv6 address to itself.
HOME_BITS = 64

View = TypeVar("View", bound=Callable[..., Any])


def limit(rate: str) -> Callable[[View], View]:
    """Declares how often one caller may call a view: ``"60/minute"``, ``"10/3minutes; 50/day"``.

    A caller is a person who is signed in, and otherwise an address.

    Raises:
        ValueError: this is no rate.
    """
    if rate != UNLIMITED:
        parsed(rate)

    def declare(view: View) -> View:
        setattr(view, LIMIT, rate)
        return view

    return declare


def limit_of(view: Callable[..., Any] | None) -> str | None:
    """Returns what a view declares, if anything."""
    return cast("str | None", getattr(view, LIMIT, None))


async def spend(rate: str, *what: str) -> None:
    """Counts one more of something that a view limits by itself: attempts at one account, say.

        await spend("10/3minutes", "sign-in", email)

    Raises:
        TooMany: that was once too often.
    """
    await cast("Limiter", current_app.extensions[EXTENSION]).spend(rate, *what)


async def spend_limit(limiter: Limiter) -> None:
    """Counts the current request against the limit of its view.

    Raises:
        TooMany: the caller has used it up.
    """
    endpoint = request.endpoint
    if endpoint is None or is_static(endpoint):
        return
    declared = limit_of(current_app.view_functions.get(endpoint))
    rate = DEFAULT if declared is None else declared
    if rate != UNLIMITED:
        await limiter.spend(rate, endpoint, caller())


def caller() -> str:
    """Returns who calls, as far as limits go: a person, or an address (a /64 of IPv6)."""
    who = current_principal()
    if who.is_signed_in:
        return str(who.own_id)
    # Not `remote_addr`: that is a header, of which a client may send one of its own.
    client = request.scope.get("client")
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
