"""Puts the HTTP edge on an application: the one call that `app.factory` makes."""

from typing import Any

from quart import Quart
from quart import Response
from quart import g
from quart import request
from quart import websocket
from quart.typing import ResponseReturnValue

from app.identity import Identity
from app.settings import Settings
from app.web import pages
from app.web.asyncapi import install_asyncapi
from app.web.csrf import check_origin
from app.web.csrf import check_websocket_origin
from app.web.guards import check_guard
from app.web.guards import identify
from app.web.headers import add_cache_headers
from app.web.headers import add_security_headers
from app.web.health import Health
from app.web.limiter import Limiter
from app.web.limits import EXTENSION as LIMITER
from app.web.limits import spend_limit
from app.web.media_types import refuse_encoded_body
from app.web.navigation import Navigation
from app.web.openapi import install_openapi
from app.web.probes import install_probes
from app.web.problems import install_problems
from app.web.static_files import add_version
from app.web.tickets import install_tickets


def install(
    app: Quart,
    *,
    settings: Settings,
    identity: Identity,
    health: Health,
    navigation: Navigation,
) -> None:
    """Attaches everything that requests pass on their way to a view and back."""
    install_openapi(app, title=settings.app_name, cookie_name=identity.cookie_name)
    install_asyncapi(app, title=settings.app_name, public_url=settings.public_url)
    install_problems(app)
    _install_admission(app, settings=settings, identity=identity)
    _install_headers(app, secure=settings.is_secure)
    _install_templates(app, app_name=settings.app_name, health=health, navigation=navigation)
    install_probes(app, health)
    install_tickets(app, identity)
    app.register_blueprint(pages.blueprint)


def _install_admission(app: Quart, *, settings: Settings, identity: Identity) -> None:
    limiter = Limiter(settings.redis)
    app.extensions[LIMITER] = limiter
    app.after_serving(limiter.close)

    @app.before_request
    async def admit() -> ResponseReturnValue | None:
        # What costs nothing comes first; who is refused in the end still spends of their limit.
        refuse_encoded_body()
        check_origin(origins=settings.origins, cookie_name=identity.cookie_name)
        await identify(identity, request)
        await spend_limit(limiter)
        return check_guard(request)

    @app.before_websocket
    async def admit_websocket() -> ResponseReturnValue | None:
        check_websocket_origin(origins=settings.origins)
        await identify(identity, websocket)
        return check_guard(websocket)


def _install_headers(app: Quart, *, secure: bool) -> None:
    @app.after_request
    async def add_headers(response: Response) -> Response:
        add_security_headers(response, secure=secure)
        add_cache_headers(response)
        return response


def _install_templates(
    app: Quart, *, app_name: str, health: Health, navigation: Navigation
) -> None:
    app.url_defaults(add_version)

    @app.context_processor
    async def frame() -> dict[str, Any]:
        return {
            "app_name": app_name,
            # None on an error page that came too early to know: it must not say "sign in".
            "principal": g.get("principal"),
            "navigation": tuple(navigation),
        }
