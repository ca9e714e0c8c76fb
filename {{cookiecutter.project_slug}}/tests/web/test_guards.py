"""Who gets in, and what happens to those who do not."""

import pytest
from quart import Quart
from quart.testing import QuartClient

from app.principal import Principal
from tests.web.conftest import ADA
from tests.web.conftest import People


def as_person(app: Quart, cookie: str) -> QuartClient:
    """Returns a client that is signed in."""
    client = QuartClient(app)
    client.set_cookie("localhost", "session", cookie)
    return client


@pytest.mark.parametrize(
    ("path", "cookie", "status"),
    [
        ("/api/v1/open", "", 200),
        ("/api/v1/mine", "", 401),
        ("/api/v1/mine", "forged", 401),
        ("/api/v1/mine", "ada", 200),
        ("/api/v1/admin", "", 401),
        ("/api/v1/admin", "ada", 403),
        ("/api/v1/admin", "root", 200),
        ("/api/v1/forgotten", "", 401),
        ("/api/v1/forgotten", "ada", 200),
    ],
)
async def test_a_route_lets_in_whom_it_declares(
    small_app: Quart, path: str, cookie: str, status: int
) -> None:
    client = as_person(small_app, cookie)

    assert (await client.get(path)).status_code == status


@pytest.mark.parametrize(
    ("path", "cookie", "page_of", "status"),
    [
        ("/api/v1/mine", "ada", ADA, 200),
        ("/api/v1/mine", "root", ADA, 401),
        ("/api/v1/mine", "root", None, 401),
        ("/api/v1/mine", "", ADA, 401),
        ("/api/v1/admin", "root", ADA, 401),
        ("/api/v1/open", "root", ADA, 200),
    ],
)
async def test_a_page_made_for_one_person_does_nothing_as_another(
    small_app: Quart, path: str, cookie: str, page_of: Principal | None, status: int
) -> None:
    client = as_person(small_app, cookie)
    headers = {"Signed-In-As": str(page_of.own_id) if page_of else "nobody"}

    assert (await client.get(path, headers=headers)).status_code == status


async def test_a_view_is_told_who_calls(small_app: Quart) -> None:
    response = await as_person(small_app, "ada").get("/api/v1/mine")

    assert await response.get_json() == {"name": "Ada"}


async def test_a_page_sends_visitors_to_sign_in_and_back(small_app: Quart) -> None:
    response = await small_app.test_client().get("/notes?tag=a&tag=b")

    assert response.status_code == 303
    assert response.headers["Location"] == "/sign-in?next=%2Fnotes%3Ftag%3Da%26tag%3Db"


async def test_probes_and_files_ask_nobody_who_calls(small_app: Quart, people: People) -> None:
    people.away = True
    client = as_person(small_app, "ada")

    for path in ("/livez", "/readyz", "/static/web/tokens.css", "/favicon.ico", "/openapi.json"):
        assert (await client.get(path)).status_code == 200
    assert people.asked == 0


async def test_nobody_is_signed_out_while_postgresql_is_away(
    small_app: Quart, people: People
) -> None:
    client = as_person(small_app, "ada")
    people.away = True

    response = await client.get("/api/v1/mine")
    page = await client.get("/notes")

    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert "Set-Cookie" not in response.headers
    assert page.status_code == 503
    assert "Sign in" not in await page.get_data(as_text=True)


async def test_a_socket_of_quart_needs_a_person_and_a_page_of_ours(small_app: Quart) -> None:
    from quart import websocket
    from quart.testing.connections import WebsocketResponseError

    from tests.web.conftest import ORIGIN

    @small_app.websocket("/undeclared")
    async def undeclared() -> None:
        await websocket.send("hello")

    ada = as_person(small_app, "ada")
    attempts: list[tuple[QuartClient, str, int]] = [
        (QuartClient(small_app), ORIGIN, 401),
        (ada, "http://elsewhere.example", 403),
        (ada, "", 403),
    ]

    for client, origin, status in attempts:
        with pytest.raises(WebsocketResponseError) as refused:
            async with client.websocket("/undeclared", headers={"Origin": origin}) as socket:
                await socket.receive()
        assert refused.value.response.status_code == status
    async with ada.websocket(
        "/undeclared", headers={"Origin": ORIGIN, "Cookie": "session=ada"}
    ) as socket:
        assert await socket.receive() == "hello"
