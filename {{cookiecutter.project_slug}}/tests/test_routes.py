"""Every route of the live application says who may call it, how often, and what it looks like.

A new route is closed until it says otherwise. When it is to be open, it is added to the list of
public routes below, which is to be read in review.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
from quart import Quart
from quart_schema.validation import QUART_SCHEMA_REQUEST_ATTRIBUTE
from quart_schema.validation import QUART_SCHEMA_RESPONSE_ATTRIBUTE

from app.embedded import Urls
from app.factory import create_app
from app.web import public
from app.web import unidentified
from app.web.guards import guard_of
from app.web.limits import UNLIMITED
from app.web.limits import limit_of
from app.web.shapes import is_page
from app.web.static_files import is_static
from tests.servers import plain_settings

NOWHERE = Urls("postgresql://127.0.0.1:1/none", "redis://127.0.0.1:1")

# Who calls these may be anybody: each line is here because somebody decided so.
PUBLIC = {
    "GET /",
    "GET /problems/<slug>",
    "GET /sign-in",
    "GET /sign-up",
    "POST /sign-in",
    "POST /sign-out",
    "POST /sign-up",
    "POST /api/v1/accounts/sign-in",
    "POST /api/v1/accounts/sign-out",
    "POST /api/v1/accounts/sign-up",
}
# These are not even told who calls, and work without PostgreSQL.
UNIDENTIFIED = {
    "GET /asyncapi.json",
    "GET /favicon.ico",
    "GET /livez",
    "GET /openapi.json",
    "GET /readyz",
}
WITHOUT_LIMIT = {"GET /livez", "GET /readyz"}
READS_BODY = re.compile(r"get_json|get_data|request\.(json|data|form|files|values|body)")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


class Route:
    """One method of one address, and the view behind it."""

    def __init__(self, app: Quart, method: str, rule: str, endpoint: str) -> None:
        self.name = f"{method} {rule}"
        self.method = method
        self.view: Callable[..., Any] = app.view_functions[endpoint]
        self.guard = guard_of(app.view_functions, endpoint)
        self.limit = limit_of(self.view)


def routes_of(app: Quart) -> list[Route]:
    """Returns what is declared, without files and without what Quart adds by itself."""
    return [
        Route(app, method, rule.rule, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if not is_static(rule.endpoint)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


@pytest.fixture(scope="module")
def routes() -> list[Route]:
    """Returns the routes of the application; no server is asked for that."""
    return routes_of(create_app(plain_settings(NOWHERE)))


def test_there_are_routes_to_look_at(routes: list[Route]) -> None:
    names = {route.name for route in routes}

    assert names >= PUBLIC
    assert len(names) > len(PUBLIC) + len(UNIDENTIFIED)


def test_every_route_declares_who_may_call_it(routes: list[Route]) -> None:
    assert [route.name for route in routes if route.guard is None] == []


def test_the_public_routes_are_those_in_the_list(routes: list[Route]) -> None:
    assert {route.name for route in routes if route.guard is public} == PUBLIC


def test_the_routes_that_identify_nobody_are_those_in_the_list(routes: list[Route]) -> None:
    assert {route.name for route in routes if route.guard is unidentified} == UNIDENTIFIED


def test_every_route_declares_how_often_it_may_be_called(routes: list[Route]) -> None:
    assert [route.name for route in routes if route.limit is None] == []


def test_only_probes_may_be_called_without_a_limit(routes: list[Route]) -> None:
    assert {route.name for route in routes if route.limit == UNLIMITED} == WITHOUT_LIMIT


def test_every_route_declares_what_it_returns(routes: list[Route]) -> None:
    described = {"GET /openapi.json", "GET /asyncapi.json"}  # the descriptions themselves

    without = [
        route.name
        for route in routes
        if not is_page(route.view)
        and not hasattr(route.view, QUART_SCHEMA_RESPONSE_ATTRIBUTE)
        and route.name not in described
    ]

    assert without == []


def test_every_route_that_reads_a_body_declares_its_shape(routes: list[Route]) -> None:
    bodies = [route for route in routes if route.method in UNSAFE and not is_page(route.view)]

    without = [
        route.name
        for route in bodies
        if not hasattr(route.view, QUART_SCHEMA_REQUEST_ATTRIBUTE)
        and READS_BODY.search(inspect.getsource(inspect.unwrap(route.view)))
    ]

    assert bodies
    assert without == []
