"""Who may call a route: declared on the view, checked before it runs.

A view that declares nothing is for people who are signed in; ``tests/test_routes.py`` finds it.
"""

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from typing import TypeVar
from typing import cast
from urllib.parse import urlencode

from quart import current_app
from quart import g
from quart import redirect
from quart.typing import ResponseReturnValue
from quart.wrappers.base import BaseRequestWebsocket

from app.errors import Forbidden
from app.errors import Unauthenticated
from app.identity import Identity
from app.principal import ANONYMOUS
from app.principal import Principal
from app.telemetry import note
from app.web.shapes import is_page
from app.web.static_files import is_static

GUARD = "__guard__"
SIGN_IN_PATH = "/sign-in"

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Guard:
    """A rule about callers, and whether it needs to know them at all."""

    name: str
    admits: Callable[[Principal], bool]
    identifies: bool = True


signed_in = Guard("signed_in", lambda who: who.is_signed_in)
admin_only = Guard("admin_only", lambda who: who.is_admin)
public = Guard("public", lambda who: True)
# Probes and files must answer without PostgreSQL, so nobody is looked up for them.
unidentified = Guard("unidentified", lambda who: True, identifies=False)


def guard(who: Guard) -> Callable[[View], View]:
    """Declares who may call a view; others get 401 or 403, or the sign-in page on a page."""

    def declare(view: View) -> View:
        setattr(view, GUARD, who)
        return view

    return declare


def guard_of(views: Mapping[str, Callable[..., Any]], endpoint: str) -> Guard | None:
    """Returns what the view of an endpoint declares, if anything."""
    if is_static(endpoint):
        return unidentified
    return cast("Guard | None", getattr(views.get(endpoint), GUARD, None))


def current_principal() -> Principal:
    """Returns who calls the current request."""
    return cast("Principal", g.get("principal", ANONYMOUS))


async def identify(identity: Identity, call: BaseRequestWebsocket) -> None:
    """Finds out who calls, where the route wants to know.

    Raises:
        Unavailable: PostgreSQL is away; the caller stays signed in and may try again.
    """
    declared = guard_of(current_app.view_functions, call.endpoint or "")
    if declared is None or declared.identifies:
        g.principal = who = await identity.principal(call.cookies)
        if who.is_signed_in:
            note(user_id=str(who.own_id))


def check_guard(call: BaseRequestWebsocket) -> ResponseReturnValue | None:
    """Lets the call through, or sends a page's visitor to sign in.

    Raises:
        Unauthenticated: nobody is signed in.
        Forbidden: somebody is, and may not.
    """
    if call.endpoint is None:  # 404 and 405 are told by Quart itself
        return None
    declared = guard_of(current_app.view_functions, call.endpoint) or signed_in
    who = current_principal()
    if declared.admits(who):
        return None
    if who.is_signed_in:
        raise Forbidden("this needs rights that you do not have")
    if is_page(current_app.view_functions[call.endpoint]):
        return redirect(sign_in_url(call), 303)
    raise Unauthenticated("sign in first")


def sign_in_url(call: BaseRequestWebsocket) -> str:
    """Returns the address of the sign-in page, which leads back here where that makes sense."""
    if call.method != "GET":
        return SIGN_IN_PATH
    return f"{SIGN_IN_PATH}?{urlencode({'next': call.full_path.removesuffix('?')})}"
