"""Makes the description of the REST interface from what the routes declare."""

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from quart_schema import DataSource
from quart_schema import OpenAPIProvider
from quart_schema.validation import QUART_SCHEMA_QUERYSTRING_ATTRIBUTE
from werkzeug.routing import IntegerConverter
from werkzeug.routing import Rule
from werkzeug.routing import UUIDConverter
from werkzeug.routing.converters import BaseConverter

from app.principal import ANONYMOUS
from app.web.bearer import scope_of
from app.web.guards import GUARD
from app.web.guards import signed_in
from app.web.openapi.documents import SCHEMAS
from app.web.openapi.documents import problem_schemas
from app.web.openapi.failures import failures_of
from app.web.openapi.failures import references
from app.web.openapi.headers import add_headers
from app.web.openapi.headers import add_links
from app.web.row_ids import ROW_ID_MAX
from app.web.shapes import is_page
from app.web.static_files import is_static

SESSION = "session"
TOKEN = "token"  # noqa: S105 - the name of a scheme
API = "/api/"

Json = dict[str, Any]


class NamedComponents(OpenAPIProvider):
    """Describes routes other than pages, each shape and each failure once and by its own name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._failures: Json = {}

    def generate_rules(self) -> Iterable[Rule]:
        """Yields what programs call."""
        for rule in super().generate_rules():
            view = self._app.view_functions[rule.endpoint]
            if not is_page(view) and not is_static(rule.endpoint):
                yield rule

    def build_path_parameter(self, name: str, converter: BaseConverter) -> Json:
        """Says which texts are ids."""
        parameter: Json = super().build_path_parameter(name, converter)
        if isinstance(converter, UUIDConverter):
            parameter["schema"]["format"] = "uuid"
        elif isinstance(converter, IntegerConverter):
            parameter["schema"] |= {"minimum": 0, "maximum": ROW_ID_MAX}
        return parameter

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
        """Adds who may call, to what it belongs, and how it may fail."""
        paths, components = super().build_paths(rule)
        view = self._app.view_functions[rule.endpoint]
        query = getattr(view, QUART_SCHEMA_QUERYSTRING_ATTRIBUTE, None)
        for operations in paths.values():
            for method, operation in operations.items():
                failures, named = references(failures_of(rule, method.upper(), view))
                self._failures |= named
                answers = {str(code): told for code, told in operation["responses"].items()}
                operation["responses"] = answers | failures
                add_headers(view, operation)
                add_links(operation, components)
                operation.setdefault("tags", [_tag(rule)])
                operation["operationId"] = _name(rule, method, alone=len(operations) == 1)
                if query is not None:
                    _mark_required(operation["parameters"], query)
                if not getattr(view, GUARD, signed_in).admits(ANONYMOUS):
                    operation["security"] = [{SESSION: []}]
                    if needed := scope_of(view):
                        operation["security"].append({TOKEN: [needed]})
        return paths, components

    def schema(self) -> Json:
        """Returns the whole description."""
        described: Json = super().schema()
        described["components"]["schemas"].update(problem_schemas())
        described["components"]["responses"] = dict(sorted(self._failures.items()))
        described["paths"] = dict(sorted(described["paths"].items()))
        return described


def _tag(rule: Rule) -> str:
    """Returns the feature that an address belongs to: ``/api/v1/<tag>/...``."""
    if not rule.rule.startswith(API):
        return "service"
    return rule.rule.removeprefix(API).split("/")[1]


def _name(rule: Rule, method: str, *, alone: bool) -> str:
    """Returns the name of an operation: of its feature and its view, which no other has."""
    name = rule.endpoint.replace(".", "_")
    return name if alone else f"{name}_{method}"


def _mark_required(parameters: list[Json], query: Any) -> None:
    """Says which parameters have to be there, which quart-schema 0.25 leaves out."""
    required = TypeAdapter(query).json_schema().get("required", [])
    for parameter in parameters:
        if parameter["in"] == "query" and parameter["name"] in required:
            parameter["required"] = True


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
