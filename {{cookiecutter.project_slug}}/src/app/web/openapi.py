"""The description of the REST interface at /openapi.json, made from what the routes declare."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic import Field
from quart import Quart
from quart.json.provider import DefaultJSONProvider
from quart.typing import ResponseReturnValue
from quart_schema import DataSource
from quart_schema import Info
from quart_schema import OpenAPIProvider
from quart_schema import QuartSchema
from quart_schema import hide
from werkzeug.routing import Rule

from app.web.guards import GUARD
from app.web.guards import admin_only
from app.web.guards import guard
from app.web.guards import signed_in
from app.web.guards import unidentified
from app.web.limits import limit
from app.web.problems import CONTENT_TYPE
from app.web.shapes import is_page
from app.web.static_files import is_static

PATH = "/openapi.json"
SCHEMAS = "#/components/schemas/"
SESSION = "session"
API_VERSION = "1"

Json = dict[str, Any]


class FieldProblem(BaseModel):
    """One mistake: in the body, the query or a header, under the dotted path of a field."""

    field: str
    detail: str
    place: str = Field(default="body", alias="in")


class ProblemDocument(BaseModel):
    """What went wrong, as RFC 9457 has it; `type` leads to an explanation."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = Field(default="", description="The id of the request.")
    errors: list[FieldProblem] = Field(default_factory=list)


class NamedComponents(OpenAPIProvider):
    """Describes routes other than pages, each shape once and under its own name."""

    def generate_rules(self) -> Iterable[Rule]:
        """Yields what programs call."""
        for rule in super().generate_rules():
            view = self._app.view_functions[rule.endpoint]
            if not is_page(view) and not is_static(rule.endpoint):
                yield rule

    def build_request_body(self, model: Any, source: DataSource) -> tuple[Json, Json]:
        """Puts the shape of a body among the components."""
        body, components = super().build_request_body(model, source)
        body["required"] = True
        return body, components | _extract(body["content"])

    def build_response_object(self, model: Any, headers_model: Any) -> tuple[Json, Json]:
        """Puts the shape of an answer among the components; some answers have none."""
        if model is None:
            return {"description": "Done; there is nothing more to say."}, {}
        response, components = super().build_response_object(model, headers_model)
        return response, components | _extract(response["content"])

    def build_paths(self, rule: Rule) -> tuple[Json, Json]:
        """Adds who may call and how failures look."""
        paths, components = super().build_paths(rule)
        view = self._app.view_functions[rule.endpoint]
        failures = {
            "description": "A problem document.",
            "content": {CONTENT_TYPE: {"schema": {"$ref": SCHEMAS + ProblemDocument.__name__}}},
        }
        for operations in paths.values():
            for operation in operations.values():
                answers = {str(code): told for code, told in operation["responses"].items()}
                operation["responses"] = answers | {"default": failures}
                if getattr(view, GUARD, signed_in) in (signed_in, admin_only):
                    operation["security"] = [{SESSION: []}]
        return paths, components

    def schema(self) -> Json:
        """Returns the whole description."""
        described: Json = super().schema()
        shape = ProblemDocument.model_json_schema(ref_template=SCHEMAS + "{model}")
        components = described["components"]["schemas"]
        components.update(shape.pop("$defs", {}))
        components[ProblemDocument.__name__] = shape
        return described


def install_openapi(app: Quart, *, title: str, cookie_name: str) -> None:
    """Adds validation to the application, and the route that describes it."""
    extension = QuartSchema(
        app,
        openapi_path=None,  # ours, below, declares guard and limit as every route does
        info=Info(title=title, version=API_VERSION),
        security_schemes={
            SESSION: {"type": "apiKey", "name": cookie_name, "in_": "cookie"},
        },
        openapi_provider_class=NamedComponents,
        conversion_preference="pydantic",
    )

    if isinstance(app.json, DefaultJSONProvider):
        app.json.sort_keys = False  # members stand in the order in which their shape has them

    @app.get(PATH)
    @guard(unidentified)
    @limit("60/minute")
    @hide
    async def openapi() -> ResponseReturnValue:
        """Describes the REST interface."""
        return extension.openapi_provider.schema()


def _extract(content: Json) -> Json:
    """Moves each titled schema of ``content`` to the components; returns these."""
    components: Json = {}
    for media in content.values():
        schema = media.get("schema", {})
        if "title" in schema and "properties" in schema:
            name = "".join(c if c.isalnum() else "_" for c in schema["title"]).strip("_")
            components[name] = schema
            media["schema"] = {"$ref": SCHEMAS + name}
    return components
