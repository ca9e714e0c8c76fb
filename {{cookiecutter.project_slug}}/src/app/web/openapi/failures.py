"""How each route can fail: most of it follows from what the route declares anyway."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from quart_schema.validation import QUART_SCHEMA_HEADERS_ATTRIBUTE
from quart_schema.validation import QUART_SCHEMA_QUERYSTRING_ATTRIBUTE
from quart_schema.validation import QUART_SCHEMA_REQUEST_ATTRIBUTE
from werkzeug.routing import Rule

from app.principal import ANONYMOUS
from app.web import problem_types
from app.web.csrf import SAFE_METHODS
from app.web.guards import GUARD
from app.web.guards import signed_in
from app.web.guards import wants_recent
from app.web.limits import UNLIMITED
from app.web.limits import limit_of
from app.web.openapi.documents import SCHEMAS
from app.web.openapi.documents import ProblemDocument
from app.web.problem_types import ProblemType
from app.web.problems import CONTENT_TYPE
from app.web.shapes import declared_failures

RESPONSES = "#/components/responses/"
SECONDS = {"schema": {"type": "integer", "minimum": 0}, "description": "Seconds to wait."}
HEADERS = {401: {"WWW-Authenticate": {"schema": {"type": "string"}}}, 429: {"Retry-After": SECONDS}}
HEADERS[503] = HEADERS[429]

Json = dict[str, Any]


def failures_of(rule: Rule, method: str, view: Callable[..., Any]) -> list[ProblemType]:
    """Returns what a route may fail with, the lowest status first."""
    kinds = {*_always(view), *_of_caller(method, view), *_of_request(rule, view)}
    kinds |= set(declared_failures(view))
    return sorted(kinds, key=lambda kind: (kind.status, kind.slug))


def references(kinds: Iterable[ProblemType]) -> tuple[Json, Json]:
    """Returns the answers by status, and the components that they refer to."""
    answers: Json = {}
    components: Json = {}
    for status, group in groupby(kinds, key=lambda kind: kind.status):
        alike = list(group)
        name = "Or".join(_pascal(kind.slug) for kind in alike)
        answers[str(status)] = {"$ref": RESPONSES + name}
        components[name] = _response(alike)
    return answers, components


def _always(view: Callable[..., Any]) -> Iterator[ProblemType]:
    yield problem_types.INTERNAL
    yield problem_types.UNAVAILABLE
    if limit_of(view) != UNLIMITED:
        yield problem_types.TOO_MANY


def _of_caller(method: str, view: Callable[..., Any]) -> Iterator[ProblemType]:
    who = getattr(view, GUARD, signed_in)
    if who.identifies:  # whoever brings a token is asked what it is good for, even where all may
        yield problem_types.BAD_TOKEN
        yield problem_types.SCOPE_NEEDED
        yield problem_types.SECOND_FACTOR_REQUIRED  # whose token it is may have none
    if wants_recent(view):
        yield problem_types.RECENT_SIGN_IN_NEEDED
    if not who.admits(ANONYMOUS):
        yield problem_types.UNAUTHENTICATED
        if who is not signed_in:
            yield problem_types.FORBIDDEN
    if method not in SAFE_METHODS:
        yield problem_types.CROSS_ORIGIN


def _of_request(rule: Rule, view: Callable[..., Any]) -> Iterator[ProblemType]:
    yield problem_types.BAD_REQUEST
    yield problem_types.UNSUPPORTED_MEDIA_TYPE  # a compressed body, wherever it is sent
    if rule.arguments:
        yield problem_types.NOT_FOUND
    if hasattr(view, QUART_SCHEMA_REQUEST_ATTRIBUTE):
        yield problem_types.TIMEOUT
        yield problem_types.TOO_LARGE
        yield problem_types.INVALID
    if hasattr(view, QUART_SCHEMA_QUERYSTRING_ATTRIBUTE) or hasattr(
        view, QUART_SCHEMA_HEADERS_ATTRIBUTE
    ):
        yield problem_types.INVALID


def _response(kinds: list[ProblemType]) -> Json:
    status = kinds[0].status
    told = {
        "properties": {
            "type": {"enum": [kind.uri for kind in kinds]},
            "status": {"const": status},
        }
    }
    schema = {"allOf": [{"$ref": SCHEMAS + ProblemDocument.__name__}, told]}
    response: Json = {
        "description": " Or: ".join(f"{kind.title}. {kind.advice}" for kind in kinds),
        "content": {CONTENT_TYPE: {"schema": schema}},
    }
    if status in HEADERS:
        response["headers"] = HEADERS[status]
    return response


def _pascal(slug: str) -> str:
    return "".join(word.capitalize() for word in slug.split("-"))
