"""What a browser gets when somebody has come in: a session, and a cookie that knows it again."""

from urllib.parse import urlencode

from quart import Response
from quart import after_this_request
from quart import request
from werkzeug.wrappers import Response as WerkzeugResponse

from app.features.accounts.service import Welcome
from app.identity.browsers.interface import adopt_session
from app.identity.browsers.interface import current_session
from app.identity.signing_in.known_devices import SECONDS
from app.principal import Principal
from app.resources import current_resources
from app.web.guards import FACTOR_PATH

AnyResponse = Response | WerkzeugResponse


async def come_in(welcome: Welcome) -> None:
    """Makes the new session that of the request, and has the browser known from now on."""
    await adopt_session(welcome.token)
    _remember(welcome.user.email)


def onward(goal: str) -> str:
    """Returns where whoever has just come in goes: to ``goal``, or to what has to come before."""
    record = current_session().record
    return way_of(record.principal, goal) if record else goal


def way_of(who: Principal, goal: str) -> str:
    """Returns ``goal``, by way of setting up a second factor where somebody has to."""
    return f"{FACTOR_PATH}?{urlencode({'next': goal})}" if who.is_enrolling else goal


def known_device(email: str) -> str | None:
    """Returns the id of the browser that asks, when this account was signed in to from it."""
    return current_resources().identity.known_devices.recognise(_brought(), email)


def cookie_name() -> str:
    """Returns the name of the cookie; behind TLS browsers hold it to this host alone."""
    return "__Host-device" if current_resources().identity.secure else "device"


def _brought() -> str:
    return request.cookies.get(cookie_name(), "")


def _remember(email: str) -> None:
    identity = current_resources().identity
    token = identity.known_devices.vouch(email, brought=_brought())

    @after_this_request
    async def keep(response: AnyResponse) -> AnyResponse:
        if token is not None:
            response.set_cookie(
                cookie_name(),
                token,
                max_age=SECONDS,
                path="/",
                secure=identity.secure,
                httponly=True,
                samesite="Lax",
            )
        return response
