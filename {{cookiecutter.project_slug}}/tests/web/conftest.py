"""A small application with the real edge, and people who need no database."""

from collections.abc import Mapping
from typing import cast
from uuid import UUID

import pytest
from pydantic import BaseModel
from pydantic import Field
from quart import Quart
from quart import current_app
from quart import render_template_string
from quart import request
from quart.typing import ResponseReturnValue
from quart_schema import validate_querystring
from quart_schema import validate_request
from quart_schema import validate_response

from app.errors import AppError
from app.errors import Unavailable
from app.identity import Identity
from app.principal import ANONYMOUS
from app.principal import Principal
from app.principal import UserId
from app.settings import RedisSettings
from app.settings import Settings
from app.transport import harden
from app.web import admin_only
from app.web import current_principal
from app.web import guard
from app.web import html
from app.web import install
from app.web import limit
from app.web import public
from app.web import signed_in
from app.web.edge import at_the_edge
from app.web.health import Health
from app.web.meters import WebMeters
from app.web.navigation import Navigation

ORIGIN = "http://127.0.0.1:8000"
ADA = Principal("user", user_id=UserId(UUID(int=1)), name="Ada")
ROOT = Principal(
    "user", user_id=UserId(UUID(int=2)), name="Root", roles=frozenset({"administrator"})
)


class People:
    """Knows people by what the cookie says outright; ``away`` is PostgreSQL's absence."""

    cookie_name = "session"

    def __init__(self) -> None:
        self.away = False
        self.asked = 0

    async def principal(self, cookies: Mapping[str, str]) -> Principal:
        self.asked += 1
        if self.away:
            raise Unavailable("database: postgresql://db.internal:5432 refused")
        return {"ada": ADA, "root": ROOT}.get(cookies.get("session", ""), ANONYMOUS)


class Note(BaseModel):
    title: str = Field(min_length=1, max_length=10)
    tags: list[int] = Field(default_factory=list)


class Filters(BaseModel):
    count: int = Field(default=10, le=100)


@pytest.fixture
def people() -> People:
    """Returns the people."""
    return People()


@pytest.fixture
def health() -> Health:
    """Returns health that nothing was added to."""
    return Health()


@pytest.fixture
def small_settings() -> Settings:
    """Returns settings without any server."""
    return Settings.model_construct(
        app_name="Harbour", public_url=ORIGIN, redis=RedisSettings.model_construct(url="")
    )


@pytest.fixture
def small_app(people: People, health: Health, small_settings: Settings) -> Quart:
    """Returns an application with one route of each sort."""
    app = Quart("small", static_folder=None)
    navigation = Navigation()
    navigation.add("Notes", "/notes", order=1, description="Everything you wrote down.")
    harden(app, small_settings.web)
    install(
        app,
        settings=small_settings,
        identity=cast("Identity", people),
        health=health,
        navigation=navigation,
    )
    add_routes(app)
    served = at_the_edge(app.asgi_app, small_settings, WebMeters())
    app.asgi_app = served  # type: ignore[method-assign]
    return app


def add_routes(app: Quart) -> None:
    """Adds the routes that the tests call."""

    @app.get("/api/v1/open")
    @guard(public)
    @limit("1000/minute")
    async def open_to_all() -> ResponseReturnValue:
        return {"name": current_principal().name}

    @app.get("/api/v1/mine")
    @guard(signed_in)
    @limit("1000/minute")
    async def mine() -> ResponseReturnValue:
        return {"name": current_principal().name}

    @app.get("/api/v1/admin")
    @guard(admin_only)
    @limit("1000/minute")
    async def admin() -> ResponseReturnValue:
        return {}

    @app.get("/api/v1/forgotten")
    async def forgotten() -> ResponseReturnValue:
        return {}

    @app.get("/api/v1/rare")
    @guard(public)
    @limit("3/minute")
    async def rare() -> ResponseReturnValue:
        return {}

    @app.get("/api/v1/raise/<name>")
    @guard(public)
    @limit("1000/minute")
    async def fail(name: str) -> ResponseReturnValue:
        raise current_app.config["RAISE"][name]

    @app.get("/notes")
    @guard(signed_in)
    @limit("1000/minute")
    @html
    async def notes() -> str:
        return await render_template_string(
            '{% extends "base.html" %}{% block content %}<p>Notes</p>{% endblock %}'
        )

    @app.post("/notes")
    @guard(signed_in)
    @limit("1000/minute")
    @html
    async def keep_note() -> str:
        form = await request.form
        return f"{current_principal().name}: {form['title']}"

    @app.post("/api/v1/notes")
    @guard(public)
    @limit("1000/minute")
    @validate_request(Note)
    @validate_response(Note, 201)
    async def add_note(data: Note) -> tuple[Note, int]:
        return data, 201

    @app.get("/api/v1/notes")
    @guard(public)
    @limit("1000/minute")
    @validate_querystring(Filters)
    @validate_response(Filters)
    async def list_notes(query_args: Filters) -> Filters:
        return query_args


@pytest.fixture
def raising(small_app: Quart) -> dict[str, Exception]:
    """Returns where a test puts the errors that /api/v1/raise/<name> raises."""
    small_app.config["RAISE"] = {}
    errors: dict[str, Exception] = small_app.config["RAISE"]
    return errors


AppErrors = dict[str, AppError]
