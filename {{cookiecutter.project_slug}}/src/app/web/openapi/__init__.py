"""The description of the REST interface at /openapi.json, and a page to read it at /docs."""

from functools import cache
from typing import Any

from quart import Quart
from quart import render_template
from quart.json.provider import DefaultJSONProvider
from quart.typing import ResponseReturnValue
from quart_schema import Info
from quart_schema import QuartSchema
from quart_schema import hide

from app.transport import QuickJSON
from app.web.guards import guard
from app.web.guards import public
from app.web.guards import unidentified
from app.web.limits import limit
from app.web.openapi.provider import SESSION
from app.web.openapi.provider import TOKEN
from app.web.openapi.provider import NamedComponents
from app.web.openapi.reference import reference_of
from app.web.quick_conversion import converting_what_needs_it
from app.web.quick_conversion import remember_adapters
from app.web.shapes import html

PATH = "/openapi.json"
PAGE = "/docs"
API_VERSION = "1"


def install_openapi(app: Quart, *, title: str, cookie_name: str, is_shown: bool) -> None:
    """Adds validation to the application, and unless it is to stay inside, its description."""
    remember_adapters()
    make_response = app.make_response
    extension = QuartSchema(
        app,
        openapi_path=None,  # ours, below, declares guard and limit as every route does
        info=Info(title=title, version=API_VERSION),
        security_schemes={
            SESSION: {"type": "apiKey", "name": cookie_name, "in_": "cookie"},
            TOKEN: {"type": "http", "scheme": "bearer"},
        },
        openapi_provider_class=NamedComponents,
        conversion_preference="pydantic",
    )

    app.make_response = converting_what_needs_it(  # type: ignore[assignment, method-assign]
        make_response, app.make_response
    )
    if isinstance(app.json, DefaultJSONProvider):
        # The extension has put its own in the place of ours; of it we need how it sees models.
        app.json = QuickJSON(app, default=app.json.default)
    app.extensions["openapi"] = describe = cache(extension.openapi_provider.schema)
    if is_shown:
        _add_routes(app, describe)


def description_of(app: Quart) -> dict[str, Any]:
    """Returns the description; it is made once, for it changes only with the code."""
    described: dict[str, Any] = app.extensions["openapi"]()
    return described


def _add_routes(app: Quart, describe: Any) -> None:
    @app.get(PATH)
    @guard(unidentified)
    @limit("60/minute")
    @hide
    async def openapi() -> ResponseReturnValue:
        """Describes the REST interface."""
        described: dict[str, Any] = describe()
        return described

    @app.get(PAGE)
    @guard(public)
    @limit("60/minute")
    @html
    async def reference() -> str:
        """Shows the description to a person, who may try the calls."""
        return await render_template("reference.html", reference=reference_of(describe()))
