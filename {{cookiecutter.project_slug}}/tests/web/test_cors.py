"""Pages of other origins: those that are listed, and none that looks like one of them (W24)."""

from typing import cast

import httpx
import pytest
from pydantic import ValidationError
from quart import Quart
from quart_cors import cors

from app.factory import create_app
from app.identity import Identity
from app.settings import RedisSettings
from app.settings import Settings
from app.transport import harden
from app.web import install
from app.web.health import Health
from app.web.navigation import Navigation
from tests.look_alikes import look_alikes
from tests.people import Person
from tests.servers import listening
from tests.web.conftest import ORIGIN
from tests.web.conftest import People
from tests.web.conftest import add_routes

LISTED = "https://admin.example.com"
FOREIGN = look_alikes(LISTED)
ASKING = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
GRANT = "Access-Control-Allow-Origin"


@pytest.fixture
def open_app(people: People, health: Health) -> Quart:
    """Returns an application that lists one other origin."""
    settings = Settings.model_construct(
        public_url=ORIGIN,
        allowed_origins=f"{LISTED}, https://app.example.com",
        redis=RedisSettings.model_construct(url=""),
    )
    app = Quart("open", static_folder=None)
    harden(app, settings.web)
    install(
        app,
        settings=settings,
        identity=cast("Identity", people),
        health=health,
        navigation=Navigation(),
    )
    add_routes(app)
    return app


def test_there_are_fifteen_origins_to_try() -> None:
    assert len(set(FOREIGN)) == 15


async def test_without_a_list_nobody_is_granted_anything(small_app: Quart) -> None:
    client = small_app.test_client()

    for origin in (LISTED, ORIGIN, *FOREIGN):
        preflight = await client.options("/api/v1/notes", headers={"Origin": origin, **ASKING})
        answer = await client.get("/api/v1/open", headers={"Origin": origin})
        assert GRANT not in preflight.headers
        assert GRANT not in answer.headers


async def test_a_listed_origin_may_ask_and_act_with_the_cookie(open_app: Quart) -> None:
    client = open_app.test_client()

    preflight = await client.options("/api/v1/mine", headers={"Origin": LISTED, **ASKING})
    client.set_cookie("localhost", "session", "ada")
    answer = await client.post("/api/v1/notes", json={"title": "ok"}, headers={"Origin": LISTED})

    assert (preflight.status_code, answer.status_code) == (200, 201)
    for told in (preflight, answer):
        assert told.headers[GRANT] == LISTED
        assert told.headers["Access-Control-Allow-Credentials"] == "true"
        assert "Origin" in told.vary
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert str(preflight.headers["Access-Control-Allow-Headers"]).lower() == "content-type"
    assert preflight.headers["Access-Control-Max-Age"] == "600"
    assert "RateLimit" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_an_origin_that_only_looks_listed_is_granted_nothing(
    open_app: Quart, origin: str
) -> None:
    client = open_app.test_client()
    client.set_cookie("localhost", "session", "ada")
    foreign = {"Origin": origin}

    preflight = await client.options("/api/v1/mine", headers={**foreign, **ASKING})
    read = await client.get("/api/v1/mine", headers=foreign)
    written = await client.post("/api/v1/notes", json={"title": "ok"}, headers=foreign)
    failed = await client.get("/api/v1/nothing", headers=foreign)

    assert written.status_code == 403
    for told in (preflight, read, written, failed):
        assert "Access-Control" not in str(told.headers)
        assert "Origin" in told.vary


async def told_by_realtime(
    client: httpx.AsyncClient, origin: str, *, kept: dict[str, str]
) -> list[httpx.Response]:
    """Returns what a page of ``origin`` is told: two preflights, a stream, and a command."""
    headers = {**kept, "Origin": origin}
    told = [
        await client.options("/realtime/commands", headers={"Origin": origin, **ASKING}),
        await client.options("/realtime/events", headers={"Origin": origin, **ASKING}),
        await client.post("/realtime/commands", headers=headers, json={}),
    ]
    stream = {"topic": "nothing:1"}
    async with client.stream("GET", "/realtime/events", params=stream, headers=headers) as opened:
        return [*told, opened]


async def test_streams_and_commands_are_shared_with_the_list_and_nobody_else(
    app: Quart, settings: Settings, ada: Person
) -> None:
    """They stand in front of Quart; the people are those of ``app``, the origins of another."""
    sharing = settings.model_copy(update={"allowed_origins": LISTED})
    shared, kept = create_app(sharing), {"Cookie": ada.cookie}

    async with (
        shared.test_app(),
        listening(shared, sharing),
        httpx.AsyncClient(base_url=settings.public_url, timeout=60) as client,
    ):
        listed = await told_by_realtime(client, LISTED, kept=kept)
        foreign = [
            one for origin in FOREIGN for one in await told_by_realtime(client, origin, kept=kept)
        ]
        stranger = await told_by_realtime(client, LISTED, kept={})

    assert [one.status_code for one in listed] == [204, 204, 400, 200]
    assert [one.status_code for one in stranger] == [204, 204, 401, 401]
    for told in (*listed, *stranger):
        assert told.headers[GRANT] == LISTED
        assert told.headers["Access-Control-Allow-Credentials"] == "true"
    assert listed[0].headers["Access-Control-Allow-Methods"] == "POST"
    assert listed[1].headers["Access-Control-Allow-Methods"] == "GET"
    assert "Last-Event-ID" in listed[1].headers["Access-Control-Allow-Headers"]
    assert {one.status_code for one in foreign[2::4] + foreign[3::4]} == {403}
    assert [one.url for one in foreign if "access-control" in str(one.headers).lower()] == []
    assert {one.headers["Vary"] for one in (*listed, *foreign)} == {"Origin"}


async def test_without_the_list_they_grant_nothing(live_server: str, ada: Person) -> None:
    async with httpx.AsyncClient(base_url=live_server, timeout=60) as client:
        told = await told_by_realtime(client, LISTED, kept={"Cookie": ada.cookie})

    assert [one.status_code for one in told] == [405, 405, 403, 403]
    assert [one.url for one in told if "access-control" in str(one.headers).lower()] == []


async def test_a_preflight_does_not_open_what_is_behind_it(open_app: Quart) -> None:
    client = open_app.test_client()

    asked = await client.options("/api/v1/mine", headers={"Origin": LISTED})
    read = await client.get("/api/v1/mine", headers={"Origin": LISTED, **ASKING})

    assert (asked.status_code, read.status_code) == (401, 401)


@pytest.mark.parametrize(
    "value",
    ["*", "null", "example.com", "https://*.example.com", "https://example.com/", "ftp://x"],
)
def test_a_list_of_origins_holds_nothing_but_origins(value: str) -> None:
    with pytest.raises(ValidationError, match="is no origin"):
        Settings(allowed_origins=value)


async def test_quart_cors_as_it_comes_grants_everybody() -> None:
    stock = cors(Quart("stock"))

    @stock.get("/")
    async def home() -> str:
        return ""

    granted = [
        (await stock.test_client().get("/", headers={"Origin": origin})).headers.get(GRANT)
        for origin in FOREIGN
    ]

    assert set(granted) == {"*"}
