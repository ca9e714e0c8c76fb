"""The cookie that ties a way back to the browser that left: one at a time, for ten minutes."""

from quart import Response
from quart import request
from werkzeug.wrappers import Response as WerkzeugResponse

from app.identity.openid.flows import FLOW_SECONDS
from app.resources import current_resources

AnyResponse = Response | WerkzeugResponse


def cookie_name() -> str:
    """Returns its name; behind TLS browsers hold it to this host alone."""
    return "__Host-openid" if current_resources().identity.secure else "openid"


def browser_secret() -> str:
    """Returns what the current request brought."""
    return request.cookies.get(cookie_name(), "")


def keep(response: AnyResponse, secret: str) -> None:
    """Sets it."""
    response.set_cookie(
        cookie_name(),
        secret,
        max_age=FLOW_SECONDS,
        path="/",
        secure=current_resources().identity.secure,
        httponly=True,
        samesite="Lax",  # it comes along when the provider sends the browser back
    )


def drop(response: AnyResponse) -> None:
    """Takes it away."""
    response.delete_cookie(
        cookie_name(),
        path="/",
        secure=current_resources().identity.secure,
        httponly=True,
        samesite="Lax",
    )
