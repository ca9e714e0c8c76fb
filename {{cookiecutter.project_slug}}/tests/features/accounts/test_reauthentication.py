"""Sensitive actions want a proof of a short while ago (W19)."""

import pytest
from quart import Quart
from sqlalchemy import text

from app.features.accounts.reauthentication import adopt_proof
from app.features.accounts.reauthentication import offer
from app.principal import Principal
from app.web import guard
from app.web import html
from app.web import limit
from app.web import recently_signed_in
from app.web import signed_in
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.people import let_proof_grow_old

CONFIRM = "/api/v1/accounts/confirm"


@pytest.fixture
def vault(app: Quart) -> Quart:
    """Returns the application with a page, a form and a REST route that want a recent proof."""

    @app.route("/vault", methods=["GET", "POST"])
    @guard(signed_in)
    @recently_signed_in
    @limit("1000/minute")
    @html
    async def vault() -> str:
        return "open"

    @app.get("/back-from-elsewhere")
    @guard(signed_in)
    @limit("1000/minute")
    @html
    async def back() -> str:
        await adopt_proof()
        return "proved"

    @app.post("/api/v1/vault")
    @guard(signed_in)
    @recently_signed_in
    @limit("1000/minute")
    async def vault_route() -> dict[str, str]:
        return {"vault": "open"}

    @app.post("/api/v1/drawer")
    @guard(signed_in)
    @limit("1000/minute")
    async def drawer() -> dict[str, str]:
        return {"drawer": "open"}

    return app


async def test_who_signed_in_a_moment_ago_needs_no_further_proof(vault: Quart, ada: Person) -> None:
    assert (await ada.client.get("/vault")).status_code == 200
    assert (await ada.client.post("/api/v1/vault")).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(890, 200), (901, 403)])
async def test_the_proof_counts_for_a_quarter_of_an_hour(
    vault: Quart, ada: Person, seconds: float, status: int
) -> None:
    await let_proof_grow_old(vault, ada, seconds=seconds)

    assert (await ada.client.post("/api/v1/vault")).status_code == status


async def test_an_old_session_gets_a_problem_of_its_own_kind(vault: Quart, ada: Person) -> None:
    await let_proof_grow_old(vault, ada)

    response = await ada.client.post("/api/v1/vault")

    assert response.status_code == 403
    assert (await response.get_json())["type"] == "/problems/recent-sign-in-needed"


async def test_without_the_declaration_an_old_session_is_enough(vault: Quart, ada: Person) -> None:
    await let_proof_grow_old(vault, ada)

    assert (await ada.client.post("/api/v1/drawer")).status_code == 200


async def test_a_page_asks_for_the_password_and_leads_back(vault: Quart, ada: Person) -> None:
    await let_proof_grow_old(vault, ada)

    sent = await ada.client.get("/vault?tab=2")
    assert sent.location == "/account/confirm?next=%2Fvault%3Ftab%3D2"
    form = await ada.client.get(sent.location)
    assert 'autocomplete="current-password"' in await form.get_data(as_text=True)
    back = await ada.client.post(
        "/account/confirm", form={"password": PASSWORD, "next": "/vault?tab=2"}
    )

    assert (back.status_code, back.location) == (303, "/vault?tab=2")
    assert (await ada.client.get("/vault?tab=2")).status_code == 200


async def test_a_form_that_came_too_late_leads_back_to_its_page(vault: Quart, ada: Person) -> None:
    await let_proof_grow_old(vault, ada)

    ours = await ada.client.post("/vault", headers={"Referer": "http://localhost/account/profile"})
    foreign = await ada.client.post("/vault", headers={"Referer": "http://evil.example/account"})

    assert ours.location == "/account/confirm?next=%2Faccount%2Fprofile"
    assert foreign.location == "/account/confirm?next=%2F"


async def test_a_wrong_password_proves_nothing(vault: Quart, ada: Person) -> None:
    await let_proof_grow_old(vault, ada)

    page = await ada.client.post("/account/confirm", form={"password": "wrong", "next": "/vault"})
    route = await ada.client.post(CONFIRM, json={"password": "wrong"})

    assert (page.status_code, route.status_code) == (401, 401)
    assert "not your password" in await page.get_data(as_text=True)
    assert (await ada.client.post("/api/v1/vault")).status_code == 403


async def test_a_proof_gives_the_session_a_new_token_and_the_old_one_is_dead(
    vault: Quart, ada: Person
) -> None:
    stolen = Browser(vault)
    for cookie in ada.client.cookie_jar or ():
        stolen.set_cookie("localhost", cookie.name, cookie.value or "")
    assert (await stolen.post("/api/v1/drawer")).status_code == 200
    await let_proof_grow_old(vault, ada)

    response = await ada.client.post(CONFIRM, json={"password": PASSWORD})

    assert response.status_code == 204
    assert (await ada.client.post("/api/v1/vault")).status_code == 200
    assert (await stolen.post("/api/v1/drawer")).status_code == 401


async def test_the_session_keeps_its_name_so_that_its_sockets_stay(
    vault: Quart, ada: Person
) -> None:
    before = await session_ids(ada)

    await ada.client.post(CONFIRM, json={"password": PASSWORD})

    assert await session_ids(ada) == before


async def test_proofs_are_limited_for_the_account(vault: Quart, ada: Person) -> None:
    answers = [
        (await ada.client.post(CONFIRM, json={"password": "wrong"})).status_code for _ in range(11)
    ]

    assert answers == [401] * 10 + [429]


async def test_who_has_no_password_proves_it_elsewhere(vault: Quart, ada: Person) -> None:
    await forget_password(vault, ada.principal)
    offer(vault, "Continue with Harbour", "/harbour")
    await let_proof_grow_old(vault, ada)

    page = await (await ada.client.get("/account/confirm?next=/vault")).get_data(as_text=True)
    empty = await ada.client.post("/account/confirm", form={"password": "", "next": "/vault"})
    await ada.client.get("/back-from-elsewhere")

    assert 'name="password"' not in page
    assert 'href="/harbour?next=%2Fvault"' in page
    assert empty.status_code == 401
    assert (await ada.client.get("/vault")).status_code == 200


async def test_nobody_else_can_prove_anything(vault: Quart) -> None:
    stranger = Browser(vault)

    page = await stranger.get("/account/confirm")
    response = await stranger.post(CONFIRM, json={"password": PASSWORD})

    assert page.location.startswith("/sign-in")
    assert response.status_code == 401


async def session_ids(person: Person) -> list[str]:
    response = await person.client.get("/api/v1/accounts/sessions")
    return [item["id"] for item in (await response.get_json())["items"]]


async def forget_password(app: Quart, who: Principal) -> None:
    async with app.extensions["resources"].database.transaction() as work:
        await work.session.execute(
            text("UPDATE users SET password_hash = '' WHERE id = :id"), {"id": who.own_id}
        )
