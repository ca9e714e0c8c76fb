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

from app.factory import create_app
from app.web import public
from app.web import unidentified
from app.web.bearer import scope_of
from app.web.guards import guard_of
from app.web.guards import wants_recent
from app.web.limits import UNLIMITED
from app.web.limits import is_only_shared
from app.web.limits import limit_of
from app.web.shapes import is_page
from app.web.static_files import is_static
from tests.servers import NOWHERE
from tests.servers import plain_settings

# Who calls these may be anybody: each line is here because somebody decided so.
PUBLIC = {
    "GET /",
    *("GET /dashboards/shared", "GET /api/v1/dashboards/boards/shared/history"),
    # The mailbox is there in development and in tests only: tests/web/test_mailbox.py.
    "GET /dev/mail",
    "GET /dev/mail/<letter_id>",
    "GET /dev/mail/<letter_id>/html",
    "GET /docs",
    "GET /problems/<slug>",
    "GET /sign-in",
    "GET /sign-up",
    "POST /sign-in",
    "POST /sign-in/code",
    "POST /sign-out",
    "POST /sign-up",
    "POST /api/v1/accounts/sign-in",
    "POST /api/v1/accounts/sign-in/code",
    "POST /api/v1/accounts/sign-out",
    # Joining, and a forgotten password: who calls has no account yet, or cannot get in.
    "POST /api/v1/accounts/sign-up",
    "POST /api/v1/accounts/sign-up/again",
    "POST /api/v1/accounts/sign-up/confirm",
    "POST /api/v1/accounts/password/forgot",
    "POST /api/v1/accounts/password/reset",
    "POST /api/v1/accounts/address/confirm",
    "POST /sign-up/again",
    "GET /sign-up/confirm",
    "POST /sign-up/confirm",
    "GET /forgot-password",
    "POST /forgot-password",
    "GET /reset-password",
    "POST /reset-password",
    "GET /change-address",
    "POST /change-address",
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
# What an open laptop must not be enough for: these ask for a proof of a short while ago.
SENSITIVE = {
    "DELETE /api/v1/accounts/second-factor",
    "GET /account/second-factor",
    "GET /account/second-factor/phone",
    "GET /account/second-factor/phone/qr.png",
    "GET /account/second-factor/qr.png",
    "GET /account/tokens/new",
    "POST /account/second-factor/codes",
    "POST /account/second-factor/confirm",
    "POST /account/second-factor/phone",
    "POST /account/second-factor/remove",
    "POST /account/tokens/new",
    "POST /api/v1/accounts/second-factor",
    "POST /api/v1/accounts/second-factor/codes",
    "POST /api/v1/accounts/second-factor/confirm",
    "POST /api/v1/accounts/second-factor/phone",
    "POST /api/v1/accounts/second-factor/phone/confirm",
    "POST /api/v1/accounts/tokens",
}
READS_BODY = re.compile(r"get_json|get_data|request\.(json|data|form|files|values|body)")
# Views that take a password or a code: `@limit(..., only_shared=True)`, so that guesses cannot be
# spread over processes while nobody counts for all of them.
GUESSES = re.compile(r"\bpassword\b|\bcode\b|recovery_code")
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


def test_sensitive_routes_want_a_recent_proof(routes: list[Route]) -> None:
    assert {route.name for route in routes if wants_recent(route.view)} >= SENSITIVE


def test_what_proves_who_one_is_takes_no_token(routes: list[Route]) -> None:
    assert [
        route.name for route in routes if wants_recent(route.view) and scope_of(route.view)
    ] == []


def test_every_route_declares_how_often_it_may_be_called(routes: list[Route]) -> None:
    assert [route.name for route in routes if route.limit is None] == []


def test_only_probes_may_be_called_without_a_limit(routes: list[Route]) -> None:
    assert {route.name for route in routes if route.limit == UNLIMITED} == WITHOUT_LIMIT


def test_guesses_are_never_counted_by_one_process_alone(routes: list[Route]) -> None:
    guessed_at = [
        route
        for route in routes
        if route.method in UNSAFE and GUESSES.search(inspect.getsource(inspect.unwrap(route.view)))
    ]

    assert len(guessed_at) >= 4
    assert [route.name for route in guessed_at if not is_only_shared(route.view)] == []


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
