"""The bars of sessions as a browser meets them: fixation, cookies, lifetimes (W5, W7, W8, W11)."""

import asyncio
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie

import pytest
from quart import Quart
from sqlalchemy import text
from structlog.testing import capture_logs
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.factory import create_app
from app.realtime.protocol.messages import SUBPROTOCOL
from app.resources import resources_of
from app.settings import Settings
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.people import join
from tests.realtime.rig import Socket
from tests.sockets import connect

ME = "/api/v1/accounts/me"
COOKIE_MAX_BYTES = 4_096
END_SECONDS = 30.0  # sooner than the next look at every session


def token_of(browser: Browser) -> str:
    """Returns the session's cookie, as the browser holds it."""
    return "; ".join(f"{one.name}={one.value}" for one in browser.cookie_jar or ())


async def status_with(app: Quart, cookie: str) -> int:
    response = await app.test_client().get(ME, headers={"Cookie": cookie})
    return int(response.status_code)


async def test_a_cookie_that_was_planted_before_the_sign_in_is_dead_after_it(
    app: Quart, ada: Person, mallory: Person
) -> None:
    victim = Browser(app)
    identity = resources_of(app).identity
    planted = mallory.cookie.partition("=")[2]
    victim.set_cookie("localhost", identity.cookie_name, planted)
    assert await status_with(app, mallory.cookie) == 200

    await victim.post("/sign-in", form={"email": ada.user.email, "password": PASSWORD})
    await victim.post(
        "/api/v1/accounts/sign-in", json={"email": ada.user.email, "password": PASSWORD}
    )

    assert token_of(victim) != mallory.cookie
    assert await status_with(app, mallory.cookie) == 401
    assert (await (await victim.get(ME)).get_json())["user"]["name"] == "Ada"


async def test_other_rights_end_the_sessions_that_began_without_them(
    app: Quart, ada: Person
) -> None:
    assert await status_with(app, ada.cookie) == 200

    root = await join(app, "Root", is_admin=True)
    await resources_of(app).identity.people.give_role(root.principal, ada.user.id, "auditor")

    assert await status_with(app, ada.cookie) == 401


@pytest.fixture
async def over_tls(app: Quart, settings: Settings) -> AsyncIterator[Quart]:
    """Yields the application as it is behind TLS."""
    secure = create_app(settings.model_copy(update={"public_url": "https://harbour.example"}))
    async with secure.test_app():
        yield secure


async def test_every_cookie_of_every_route_is_for_this_host_and_no_script(
    over_tls: Quart,
) -> None:
    visitor = Browser(over_tls)
    await join(over_tls, "Lin")
    credentials = {"email": "lin@example.com", "password": PASSWORD}
    answers = []
    paths = [
        rule.rule
        for rule in over_tls.url_map.iter_rules()
        if "GET" in (rule.methods or set()) and not rule.arguments
    ]
    for path in paths:
        answers.append(await visitor.get(path, headers={"Host": "harbour.example"}))
    answers += [
        await visitor.post(path, form=credentials, headers={"Host": "harbour.example"})
        for path in ("/sign-in", "/sign-out")
    ]

    cookies = [line for answer in answers for line in answer.headers.getlist("Set-Cookie")]
    assert len(paths) > 10
    assert len(cookies) >= 2
    for line in cookies:
        [cookie] = SimpleCookie(line).values()
        assert cookie.key.startswith("__Host-")
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert len(line) < COOKIE_MAX_BYTES


async def test_an_open_socket_ends_with_the_time_of_its_session(
    app: Quart, live_server: str, ada: Person
) -> None:
    resources = resources_of(app)
    async with resources.database.transaction() as work:
        await work.session.execute(
            text("UPDATE sessions SET expires_at = now() + interval '5 seconds'")
        )
    resources.identity.forget(user=ada.user.id)

    async with socket(live_server, {"Cookie": ada.cookie}) as connection:
        client = Socket(connection)
        assert "result" in await client.ask("hello")

        async with asyncio.timeout(END_SECONDS):
            assert (await client.receive())["type"] == "expiring"
            assert await client.closed() == 4401
    assert await status_with(app, ada.cookie) == 401


async def test_a_ticket_in_the_address_opens_nothing_and_is_in_no_line_of_the_log(
    app: Quart, live_server: str, ada: Person
) -> None:
    ticket = (await resources_of(app).identity.tickets.issue(ada.principal)).token

    with capture_logs() as lines:
        async with socket(live_server, {}, query=f"?ticket={ticket}") as connection:
            client = Socket(connection)
            await client.send("hello")
            assert await client.closed() == 4401
        await app.test_client().get(f"{ME}?ticket={ticket}")

    assert [line for line in lines if line["event"] == "request"]
    assert ticket not in repr(lines)
    async with socket(live_server, {}) as connection:
        assert "result" in await Socket(connection).ask("hello", ticket=ticket)


def socket(server: str, headers: dict[str, str], *, query: str = "") -> connect:
    return connect(
        server.replace("http", "ws") + "/realtime/socket" + query,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        origin=Origin(server),
        additional_headers=headers,
    )
