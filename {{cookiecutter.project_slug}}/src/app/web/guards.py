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

from quart import g
from quart import redirect
from quart.typing import ResponseReturnValue
from quart.wrappers.base import BaseRequestWebsocket

from app.errors import Forbidden
from app.errors import RecentSignInNeeded
from app.errors import SecondFactorRequired
from app.errors import Unauthenticated
from app.identity import Identity
from app.identity.browsers.session import session_opened_for
from app.principal import ANONYMOUS
from app.principal import Principal
from app.principal import id_text
from app.roles import CHANGE_ADMINISTRATION
from app.roles import READ_ADMINISTRATION
from app.telemetry import note
from app.web.bearer import check_scope
from app.web.made_for import is_of_another
from app.web.shapes import is_page
from app.web.static_files import is_static
from app.web.way_back import HOME_PATH
from app.web.way_back import way_back

GUARD = "__guard__"
RECENT = "__recent__"
SIGN_IN_PATH = "/sign-in"
CONFIRM_PATH = "/account/confirm"
FACTOR_PATH = "/account/second-factor"

View = TypeVar("View", bound=Callable[..., Any])
Views = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Guard:
    """A rule about callers, and whether it needs to know them at all."""

    name: str
    admits: Callable[[Principal], bool]
    identifies: bool = True


signed_in = Guard("signed_in", lambda who: who.is_signed_in)
# For what leads to a second factor where one is a must, and nothing else.
also_enrolling = Guard("also_enrolling", lambda who: who.is_person)
admin_only = Guard("admin_only", lambda who: who.may(CHANGE_ADMINISTRATION))
auditors = Guard("auditors", lambda who: who.may(READ_ADMINISTRATION))
public = Guard("public", lambda who: True)
# Probes and files must answer without PostgreSQL, so nobody is looked up for them.
unidentified = Guard("unidentified", lambda who: True, identifies=False)


def guard(who: Guard) -> Callable[[View], View]:
    """Declares who may call a view; others get 401 or 403, or the sign-in page on a page."""

    def declare(view: View) -> View:
        setattr(view, GUARD, who)
        return view

    return declare


def recently_signed_in(view: View) -> View:
    """Declares that a view, besides what its guard asks, wants a proof of a short while ago.

    For what an open laptop or a stolen session must not be enough: passwords, tokens, deletion.
    Others get 403 with the type ``recent-sign-in-needed``, or the page on which to prove it.
    """
    setattr(view, RECENT, True)
    return view


def wants_recent(view: Callable[..., Any]) -> bool:
    """Tells whether a view declares `recently_signed_in`."""
    return bool(getattr(view, RECENT, False))


def guard_of(views: Views, endpoint: str) -> Guard | None:
    """Returns what the view of an endpoint declares, if anything."""
    if is_static(endpoint):
        return unidentified
    return cast("Guard | None", getattr(views.get(endpoint), GUARD, None))


def current_principal() -> Principal:
    """Returns who calls the current request."""
    return cast("Principal", g.get("principal", ANONYMOUS))


def go_on_as(who: Principal) -> None:
    """Has the rest of the current request be of the same person, who may do more by now."""
    g.principal = who


async def identify(
    identity: Identity, views: Views, call: BaseRequestWebsocket, *, token: str | None
) -> Principal | None:
    """Returns who calls, where the route wants to know; ``token`` is what `bearer_of` found.

    Raises:
        Unavailable: PostgreSQL is away; the caller stays signed in and may try again.
    """
    declared = guard_of(views, call.endpoint or "")
    if declared is not None and not declared.identifies:
        return None
    if token is None:
        opened = session_opened_for(call)
        who = await identity.principal(call.cookies) if opened is None else opened.principal
        if who.is_person and is_of_another(call, who):
            who = ANONYMOUS
    else:
        # Nobody for a token that is no good: the limit counts it before the guard refuses it.
        bearer = await identity.bearers.find(token)
        who = bearer.principal if bearer else ANONYMOUS
    if who.is_person:
        note(user_id=id_text(who.own_id))
    return who


def check_guard(
    identity: Identity,
    views: Views,
    call: BaseRequestWebsocket,
    who: Principal,
    *,
    token: str | None,
) -> ResponseReturnValue | None:
    """Lets the call through, or sends a page's visitor to sign in or to prove who they are.

    Raises:
        BadToken: it brings a token that stands for nobody.
        ScopeNeeded: its token is not good for this.
        SecondFactorRequired: somebody is who has to set up a second factor before this.
        Unauthenticated: nobody is signed in.
        Forbidden: somebody is, and may not.
        RecentSignInNeeded: they may, and have to prove who they are first.
    """
    if call.endpoint is None:  # 404 and 405 are told by Quart itself
        return None
    declared = guard_of(views, call.endpoint) or signed_in
    view = views[call.endpoint]
    if who.is_enrolling and (token is not None or not declared.admits(who)):
        return _lead_to_factor(call, view)
    if declared.identifies and token is not None:
        check_scope(view, who)
    if declared.admits(who):
        if not wants_recent(view) or identity.is_recent(who):
            return None
        if is_page(view):
            return redirect(f"{CONFIRM_PATH}?{urlencode({'next': way_back(call)})}", 303)
        raise RecentSignInNeeded("prove again who you are")
    if who.is_signed_in:
        raise Forbidden("this needs rights that you do not have")
    if is_page(view):
        return redirect(sign_in_url(call), 303)
    raise Unauthenticated("sign in first")


def _lead_to_factor(call: BaseRequestWebsocket, view: Callable[..., Any]) -> ResponseReturnValue:
    if is_page(view):
        return redirect(f"{FACTOR_PATH}?{urlencode({'next': way_back(call)})}", 303)
    raise SecondFactorRequired("set up a second factor before anything else")


def sign_in_url(call: BaseRequestWebsocket) -> str:
    """Returns the address of the sign-in page, which leads back here, or to the form's page."""
    goal = way_back(call)
    return SIGN_IN_PATH if goal == HOME_PATH else f"{SIGN_IN_PATH}?{urlencode({'next': goal})}"
