"""Puts the HTTP edge on an application: the one call that `app.factory` makes."""

from typing import Any

from quart import Quart
from quart import Response
from quart import g
from quart import request
from quart import websocket
from quart.typing import ResponseReturnValue

from app.identity import Identity
from app.listed_names import listed
from app.principal import ANONYMOUS
from app.settings import Settings
from app.transport.answer_headers import names_of
from app.web import pages
from app.web.admission import give_place_back
from app.web.asyncapi import install_asyncapi
from app.web.bearer import bearer_of
from app.web.cors import install_cors
from app.web.cors import is_preflight
from app.web.csrf import check_origin
from app.web.csrf import check_websocket_origin
from app.web.guards import check_guard
from app.web.guards import identify
from app.web.headers import add_cache_headers
from app.web.headers import add_nonce
from app.web.headers import csp_nonce
from app.web.health import Health
from app.web.limiter import Limiter
from app.web.limits import EXTENSION as LIMITER
from app.web.limits import add_limit_headers
from app.web.limits import spend_limit
from app.web.made_for import check_form
from app.web.made_for import made_for
from app.web.media_types import refuse_encoded_body
from app.web.meters import WebMeters
from app.web.navigation import Navigation
from app.web.openapi import install_openapi
from app.web.probes import install_probes
from app.web.problems import install_problems
from app.web.row_ids import install_row_ids
from app.web.second_try import install_second_try
from app.web.shapes import is_page
from app.web.static_files import add_version
from app.web.tickets import install_tickets


def install(
    app: Quart,
    *,
    settings: Settings,
    identity: Identity,
    health: Health,
    navigation: Navigation,
    meters: WebMeters | None = None,
) -> None:
    """Attaches everything that requests pass on their way to a view and back."""
    install_row_ids(app)
    is_shown = settings.shows_interface
    install_openapi(
        app, title=settings.app_name, cookie_name=identity.cookie_name, is_shown=is_shown
    )
    if is_shown:
        install_asyncapi(app, title=settings.app_name, public_url=settings.public_url)
    install_problems(app)
    if listed(settings.allowed_origins):
        install_cors(app, settings.origins)
    _install_admission(app, settings=settings, identity=identity, meters=meters)
    _install_headers(app)
    _install_templates(app, app_name=settings.app_name, health=health, navigation=navigation)
    install_probes(app, health)
    install_tickets(app, identity)
    install_second_try(app)
    app.register_blueprint(pages.blueprint)


def _install_admission(
    app: Quart, *, settings: Settings, identity: Identity, meters: WebMeters | None
) -> None:
    limiter = Limiter(settings.redis, meters=meters)
    app.extensions[LIMITER] = limiter
    app.after_serving(limiter.close)

    origins, cookie_name, views = settings.origins, identity.cookie_name, app.view_functions

    @app.before_request
    async def admit() -> ResponseReturnValue | None:
        call, kept = behind(request), behind(g)  # each look through a proxy costs
        if is_preflight(app, call):
            return None
        # What costs nothing comes first; who is refused in the end still spends of their limit.
        refuse_encoded_body(call)
        token = bearer_of(call)
        if token is None:
            check_origin(call, origins=origins, cookie_name=cookie_name)
        found = await identify(identity, views, call, token=token)
        if found is not None:
            kept.principal = found
        who = found or ANONYMOUS
        kept.standings = await spend_limit(limiter, views, call, who)
        if token is None and is_page(views.get(call.endpoint or "")):
            await check_form(call, who)
        return check_guard(identity, views, call, who, token=token)

    @app.before_websocket
    async def admit_websocket() -> ResponseReturnValue | None:
        token = bearer_of(websocket)
        if token is None:
            check_websocket_origin(origins=origins)
        found = await identify(identity, views, websocket, token=token)
        if found is not None:
            g.principal = found
        return check_guard(identity, views, websocket, found or ANONYMOUS, token=token)


def _install_headers(app: Quart) -> None:
    @app.after_request
    async def add_headers(response: Response) -> Response:
        call, kept = behind(request), behind(g)
        give_place_back(call.scope)
        add_nonce(response, kept.get("csp_nonce"))
        brought = names_of(response.headers)
        add_limit_headers(response, kept.get("standings", ()), brought)
        add_cache_headers(response, call, kept.get("principal", ANONYMOUS), brought)
        return response


def behind(proxy: Any) -> Any:
    """Returns what a proxy of Quart stands for right now."""
    return proxy._get_current_object()


def _install_templates(
    app: Quart, *, app_name: str, health: Health, navigation: Navigation
) -> None:
    app.url_defaults(add_version)
    app.add_template_global(made_for)

    @app.context_processor
    async def frame() -> dict[str, Any]:
        return {
            "app_name": app_name,
            "csp_nonce": csp_nonce,
            # None on an error page that came too early to know: it must not say "sign in".
            "principal": g.get("principal"),
            "navigation": tuple(navigation),
        }
