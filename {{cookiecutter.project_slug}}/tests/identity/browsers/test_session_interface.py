import asyncio
from collections.abc import AsyncIterator
from datetime import UTC
from datetime import date
from datetime import datetime
from uuid import UUID

import pytest
from quart import Quart
from quart import flash
from quart import get_flashed_messages
from quart import session
from quart import websocket
from quart.signals import websocket_finished
from quart.typing import TestClientProtocol as Client
from sqlalchemy import func
from sqlalchemy import select

from app.errors import Unavailable
from app.identity import Identity
from app.identity.browsers.interface import adopt_session
from app.identity.browsers.interface import current_session
from app.identity.browsers.interface import keep_sessions_on_the_server
from app.identity.tables import SessionRow
from app.settings import IdentitySettings
from tests.identity.conftest import FragileDatabase

SET_COOKIE = "Set-Cookie"
RICH = {
    "date": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "id": UUID(int=7),
    "bytes": b"\x00\xff",
    "tuple": (1, "é", None),
    "nested": {"list": [1, 2]},
}


@pytest.fixture
async def identity(fragile: FragileDatabase) -> AsyncIterator[Identity]:
    made = Identity(IdentitySettings.model_construct(), fragile, secure=True)
    yield made
    made.close()


@pytest.fixture
def app(identity: Identity) -> Quart:
    made = Quart(__name__)
    keep_sessions_on_the_server(made, identity)
    made.register_error_handler(Unavailable, lambda error: ("away", 503))

    @made.get("/untouched")
    async def untouched() -> str:
        return "hello"

    @made.get("/static/app.css")
    async def file() -> str:
        return "body {}"

    @made.get("/theme")
    async def theme() -> str:
        return str(session.get("theme", "none"))

    @made.post("/theme/<value>")
    async def choose(value: str) -> str:
        session["theme"] = value
        return value

    @made.delete("/theme")
    async def forget() -> str:
        session.pop("theme", None)
        return ""

    return made


@pytest.fixture
def client(app: Quart) -> Client:
    return app.test_client()


async def test_what_a_view_stores_is_there_for_the_next_request(client: Client) -> None:
    await client.post("/theme/dark")
    first = await (await client.get("/theme")).get_data(as_text=True)
    await client.delete("/theme")
    second = await (await client.get("/theme")).get_data(as_text=True)

    assert (first, second) == ("dark", "none")


async def test_the_cookie_holds_a_token_that_no_script_and_no_other_host_sees(
    client: Client, identity: Identity
) -> None:
    response = await client.post("/theme/dark")

    cookie = response.headers[SET_COOKIE]
    assert cookie.startswith("__Host-session=")
    assert {part.strip() for part in cookie.split(";")} >= {
        "Secure",
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
        f"Max-Age={identity.cookie_seconds}",
    }
    assert "Domain" not in cookie
    assert "dark" not in cookie


async def test_a_request_that_never_looks_inside_gets_no_cookie_and_no_vary(
    client: Client,
) -> None:
    before = await client.get("/untouched")
    await client.post("/theme/dark")
    after = await client.get("/untouched")

    for response in (before, after):
        assert SET_COOKIE not in response.headers
        assert "Vary" not in response.headers


async def test_looking_inside_makes_the_answer_vary_and_stores_nothing(
    client: Client,
) -> None:
    response = await client.get("/theme")

    assert response.headers["Vary"] == "Cookie"
    assert SET_COOKIE not in response.headers


async def test_the_token_stays_while_what_it_stands_for_changes(client: Client) -> None:
    await client.post("/theme/dark")
    second = await client.post("/theme/light")

    assert SET_COOKIE not in second.headers
    assert await (await client.get("/theme")).get_data(as_text=True) == "light"


async def test_values_keep_the_types_that_flask_allows(app: Quart) -> None:
    @app.get("/rich")
    async def rich() -> dict[str, bool]:
        return {key: session[key] == value for key, value in RICH.items()}

    client = app.test_client()
    async with client.session_transaction() as stored:
        stored.update(RICH)

    assert await (await client.get("/rich")).get_json() == dict.fromkeys(RICH, True)


async def test_a_nested_change_is_noticed(app: Quart) -> None:
    @app.get("/visit")
    async def visit() -> dict[str, int]:
        session.setdefault("visits", {"count": 0})["count"] += 1
        return {"count": session["visits"]["count"]}

    client = app.test_client()
    await client.get("/visit")

    assert await (await client.get("/visit")).get_json() == {"count": 2}


async def test_flashed_messages_are_shown_once(app: Quart) -> None:
    @app.get("/flash")
    async def say() -> str:
        await flash("saved", "good")
        return ""

    @app.get("/flashes")
    async def tell() -> dict[str, list[str]]:
        return {"messages": [str(message) for message in get_flashed_messages()]}

    client = app.test_client()
    await client.get("/flash")

    assert await (await client.get("/flashes")).get_json() == {"messages": ["saved"]}
    assert await (await client.get("/flashes")).get_json() == {"messages": []}


async def test_a_session_that_cannot_be_loaded_is_not_an_empty_one(
    client: Client, identity: Identity, fragile: FragileDatabase
) -> None:
    await client.post("/theme/dark")
    for cookie in client.cookie_jar or ():
        record = await identity.session({cookie.name: cookie.value or ""})
        assert record is not None
        identity.forget(session=record.id)
    fragile.is_away = True

    assert (await client.get("/untouched")).status_code == 200
    assert (await client.get("/theme")).status_code == 503


async def test_a_change_that_cannot_be_stored_fails_once_and_is_not_tried_again(
    client: Client, fragile: FragileDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    await client.post("/theme/dark")
    fragile.is_away = True

    response = await client.post("/theme/light")

    fragile.is_away = False
    assert response.status_code == 500
    assert [line for line in caplog.messages if "finalizing" in line] == []
    assert await (await client.get("/theme")).get_data(as_text=True) == "dark"


async def test_files_are_served_without_asking_whose_browser_it_is(
    client: Client, fragile: FragileDatabase
) -> None:
    client.set_cookie("localhost", "__Host-session", "x" * 43)

    await client.get("/static/app.css")
    assert fragile.reads == 0

    await client.get("/untouched")
    assert fragile.reads == 1


async def test_signing_in_sends_a_new_cookie_and_signing_out_takes_it_away(
    app: Quart, identity: Identity
) -> None:
    ada = await identity.create_user("ada@example.com", "Ada", "correct horse battery")

    @app.post("/in")
    async def sign_in() -> str:
        before = current_session().record
        await adopt_session(
            await identity.sessions.begin(ada, "test", replacing=before.id if before else None)
        )
        session["seen"] = date(2026, 3, 1).isoformat()
        return str(session.get("theme"))

    @app.post("/out")
    async def sign_out() -> str:
        await adopt_session(None)
        return ""

    client = app.test_client()
    await client.post("/theme/dark")
    tokens = {cookie.value for cookie in client.cookie_jar or ()}
    signed_in = await client.post("/in")
    tokens |= {cookie.value for cookie in client.cookie_jar or ()}
    token = next(iter(client.cookie_jar or ())).value or ""
    signed_out = await client.post("/out")

    assert len(tokens) == 2
    assert await signed_in.get_data(as_text=True) == "dark"
    assert signed_in.headers["Vary"] == "Cookie"
    record = await identity.session({identity.cookie_name: token})
    assert record is not None
    assert (record.principal.user_id, record.data["seen"]) == (ada.id, "2026-03-01")
    assert not list(client.cookie_jar or ())
    assert "Secure" in signed_out.headers[SET_COOKIE]


async def test_a_socket_stores_what_it_changes_in_a_session_that_exists(app: Quart) -> None:
    @app.websocket("/socket")
    async def socket() -> None:
        await websocket.accept()
        session["theme"] = await websocket.receive()

    ended = asyncio.Event()

    async def note_the_end(*args: object, **details: object) -> None:
        ended.set()

    client = app.test_client()
    await client.post("/theme/dark")
    with websocket_finished.connected_to(note_the_end, app):
        async with client.websocket("/socket") as connection:
            await connection.send("light")
            await asyncio.wait_for(ended.wait(), 60)

    assert await (await client.get("/theme")).get_data(as_text=True) == "light"


async def test_a_socket_without_a_session_begins_none(app: Quart, fragile: FragileDatabase) -> None:
    ended = asyncio.Event()

    @app.websocket("/socket")
    async def socket() -> None:
        await websocket.accept()
        session["theme"] = await websocket.receive()

    async def note_the_end(*args: object, **details: object) -> None:
        ended.set()

    with websocket_finished.connected_to(note_the_end, app):
        async with app.test_client().websocket("/socket") as connection:
            await connection.send("light")
            await asyncio.wait_for(ended.wait(), 60)

    async with fragile.reading() as reading:
        assert await reading.scalar(select(func.count()).select_from(SessionRow)) == 0


async def test_a_session_is_no_place_for_much(app: Quart) -> None:
    @app.get("/much")
    async def much() -> str:
        session["much"] = "x" * 20_000
        return ""

    response = await app.test_client().get("/much")

    assert response.status_code == 500
    assert SET_COOKIE not in response.headers


async def test_only_a_cookie_that_stands_alone_is_known_at_hand(identity: Identity) -> None:
    token = await identity.sessions.begin(None, "a browser")
    cookie = f"{identity.cookie_name}={token}"

    record = identity.session_at_hand(cookie)

    assert record is not None
    assert record == await identity.session({identity.cookie_name: token})
    others = [None, "", token, f"{cookie};", f"a=b; {cookie}", f"x{cookie[1:]}", f"{cookie[:-1]}é"]
    assert [identity.session_at_hand(sent) for sent in others] == [None] * len(others)
    identity.forget(session=record.id)
    assert identity.session_at_hand(cookie) is None
