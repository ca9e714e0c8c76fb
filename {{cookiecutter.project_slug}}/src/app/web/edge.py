"""The outside of the service: what every request passes before there is a route, and every answer.

    proxies -> request id, line in the log, security headers -> host -> room -> realtime, Quart

All of it is plain ASGI, so it holds for the realtime endpoints too, which stand in front of Quart.
"""

from typing import Any
from typing import Final

from app.listed_names import listed
from app.settings import Settings
from app.telemetry import RequestLog
from app.transport import BehindProxies
from app.web import problem_types
from app.web.admission import PLACE
from app.web.admission import Admission
from app.web.admission import has_body
from app.web.cors import SharedRealtime
from app.web.headers import security_headers
from app.web.hosts import PROBES
from app.web.hosts import Hosts
from app.web.meters import WebMeters
from app.web.problems import Problem
from app.web.refusing import refuse

OTHER_HOST: Final = "this service does not go by that name"
# For whoever has just opened `app dev` to the phone beside it.
HINT: Final = "; where it is reached is PUBLIC_URL, and TRUSTED_HOSTS lists other names"
NO_TEXT: Final = Problem(problem_types.BAD_REQUEST, "NUL is in no text here")
NO_ROOM: Final = Problem(
    problem_types.UNAVAILABLE, "there is too much to do", headers={"Retry-After": "1"}
)
# These count their connections and commands themselves, and keep them for hours.
OWN_ADMISSION: Final = "/realtime/"


def at_the_edge(application: Any, settings: Settings, meters: WebMeters) -> Any:
    """Returns the application behind everything that guards it from outside."""
    headers = security_headers(secure=settings.is_secure)
    if listed(settings.allowed_origins):
        application = SharedRealtime(application, settings.origins)
    door = Door(application, settings, meters)
    logged = RequestLog(door, headers=headers, times=meters.times)
    hops = settings.web.trusted_proxy_hops
    return BehindProxies(logged, hops=hops) if hops else logged


class Door:
    """Turns away what is not for this service, and what it has no room for."""

    def __init__(self, application: Any, settings: Settings, meters: WebMeters) -> None:
        self._application = application
        self._admission = Admission(settings.web, meters)
        is_public = settings.environment == "production"
        told = OTHER_HOST if is_public else OTHER_HOST + HINT
        self._other_host = Problem(problem_types.BAD_REQUEST, told)
        self._hosts = Hosts(
            settings.hosts,
            scheme="https" if settings.is_secure else "http",
            this_machine=not is_public,
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Passes the call on, or answers it."""
        if scope["type"] in {"http", "websocket"} and not self._hosts.admits(scope):
            await refuse(scope, send, self._other_host)
        elif scope["type"] != "lifespan" and holds_nul(scope):
            await refuse(scope, send, NO_TEXT)
        elif scope["type"] != "http" or _needs_no_place(scope["path"]):
            await self._application(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        brings_body = has_body(scope)
        place = self._admission.enter_at_once(has_body=brings_body)
        if place is None:
            place = await self._admission.enter(has_body=brings_body)
        if place is None:
            await refuse(scope, send, NO_ROOM)
            return
        scope[PLACE] = place
        try:
            await self._application(scope, receive, send)
        finally:
            place.leave()


def holds_nul(scope: Any) -> bool:
    """Whether the address spells a text that PostgreSQL cannot keep or look for."""
    return "\0" in scope["path"] or b"%00" in scope["query_string"]


def _needs_no_place(path: str) -> bool:
    return path in PROBES or path.startswith(OWN_ADMISSION)
