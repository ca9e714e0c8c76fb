"""What a foreign page can make a visitor's browser send, tried on the whole service (W9)."""

import pytest
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.resources import resources_of
from app.settings import Settings
from app.web import csrf
from tests.people import PASSWORD
from tests.people import Person

EVIL = "https://evil.example"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PLAIN = {"Content-Type": "text/plain"}
JSON = {"Content-Type": "application/json"}
CROSS = {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}
SIGN_IN = f"email=mallory@example.com&password={PASSWORD}".replace(" ", "+")
JSON_SIGN_IN = f'{{"email": "mallory@example.com", "password": "{PASSWORD}"}}'

# What it is, the route, the headers, the body. The victim's cookie goes with all of them.
FORGERIES = {
    "a form that signs out": ("/sign-out", {**FORM, **CROSS}, ""),
    "a form that signs in": ("/sign-in", {**FORM, **CROSS}, SIGN_IN),
    "a form that signs up": ("/sign-up", {**FORM, **CROSS}, SIGN_IN + "&name=M"),
    "a fetch that signs out": ("/api/v1/accounts/sign-out", {**JSON, **CROSS}, "{}"),
    "a fetch that signs in": ("/api/v1/accounts/sign-in", {**JSON, **CROSS}, JSON_SIGN_IN),
    "JSON as text, which asks for no preflight": (
        "/api/v1/accounts/sign-in",
        {**PLAIN, **CROSS},
        JSON_SIGN_IN,
    ),
    "a ticket": ("/api/v1/realtime/tickets", {**CROSS}, ""),
    "an old browser, which says nothing": ("/sign-out", FORM, ""),
    "an old browser with its referrer": ("/sign-out", {**FORM, "Referer": EVIL + "/"}, ""),
    "a sandboxed frame": ("/sign-out", {**FORM, "Origin": "null"}, ""),
    "a subdomain": ("/sign-out", {**FORM, "Sec-Fetch-Site": "same-site"}, ""),
    "a link that somebody opened": ("/sign-out", {**FORM, "Sec-Fetch-Site": "none"}, ""),
}


@pytest.fixture
async def victim(app: Quart, ada: Person) -> Client:
    """Returns Ada's browser, as a foreign page uses it: it adds the cookie and no origin."""
    client = app.test_client()
    name = resources_of(app).identity.cookie_name
    client.set_cookie("localhost", name, ada.cookie.removeprefix(f"{name}="))
    return client


def test_there_are_twelve_forgeries() -> None:
    assert len(FORGERIES) == 12


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forged_request_does_nothing(victim: Client, mallory: Person, name: str) -> None:
    path, headers, body = FORGERIES[name]

    answer = await victim.post(path, headers=headers, data=body.encode())
    home = await (await victim.get("/")).get_data(as_text=True)

    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert "Hello, <bdi>Ada</bdi>" in home
    assert mallory.user.name not in home


async def test_the_same_request_from_our_own_page_works(victim: Client, settings: Settings) -> None:
    own = {**FORM, "Origin": settings.public_url, "Sec-Fetch-Site": "same-origin"}

    answer = await victim.post("/sign-out", headers=own)
    home = await (await victim.get("/")).get_data(as_text=True)

    assert answer.status_code == 303
    assert "Hello, <bdi>Ada</bdi>" not in home


async def test_without_the_check_each_signing_out_works(
    victim: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csrf, "SAFE_METHODS", {"POST"})
    path, headers, _ = FORGERIES["a form that signs out"]

    answer = await victim.post(path, headers=headers)

    assert answer.status_code == 303
    assert "Hello, <bdi>Ada</bdi>" not in await (await victim.get("/")).get_data(as_text=True)
