"""Programs that call routes with ``Authorization: Bearer`` instead of a session.

A browser sends that header for no page but one that was let in by CORS, so that such a call needs
no check for forgery; in return it gets no session, and cookies beside it count for nothing. A
route takes a token only where it says so:

    @blueprint.get("/rooms")
    @guard(signed_in)
    @scope("rooms:read")
    @limit("60/minute")
"""

from collections.abc import Callable
from typing import Any
from typing import TypeVar
from typing import cast

from quart.wrappers.base import BaseRequestWebsocket

from app.errors import BadToken
from app.errors import ScopeNeeded
from app.identity.tokens.bearers import token_in_header
from app.principal import Principal

SCOPE = "__scope__"

View = TypeVar("View", bound=Callable[..., Any])


def scope(name: str) -> Callable[[View], View]:
    """Declares what a token must be good for to call a view; without it a view takes no token."""

    def declare(view: View) -> View:
        setattr(view, SCOPE, name)
        return view

    return declare


def scope_of(view: Callable[..., Any] | None) -> str | None:
    """Returns what a view declares, if anything."""
    return cast("str | None", getattr(view, SCOPE, None))


def bearer_of(call: BaseRequestWebsocket) -> str | None:
    """Returns the token that comes with a call, good or bad, None without one."""
    return token_in_header(call.headers.get("Authorization"))


def check_scope(view: Callable[..., Any], who: Principal) -> None:
    """Lets a call with a token through where the view takes it.

    Raises:
        BadToken: it stands for nobody.
        ScopeNeeded: it stands for somebody and is not good for this.
    """
    if not who.is_signed_in:
        raise BadToken("this token is not good, or no longer")
    needed = scope_of(view)
    if needed is None:
        raise ScopeNeeded("no token opens this: sign in", scope="")
    if needed not in (who.scopes or ()):
        raise ScopeNeeded("this token is not good for that", scope=needed)
