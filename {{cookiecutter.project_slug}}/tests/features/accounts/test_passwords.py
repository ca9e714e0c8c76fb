"""New passwords: with a link for who forgot, with the present one for who did not."""

import asyncio
from collections import Counter

import pytest
from quart import Quart

from app.resources import resources_of
from tests.letters import letters_to
from tests.letters import next_letter
from tests.letters import send_all
from tests.letters import token_in
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.people import sign_in

API = "/api/v1/accounts"
NEW_PASSWORD = "four small boats at anchor"


@pytest.fixture
def visitor(app: Quart) -> Browser:
    """Returns a browser in which nobody is signed in."""
    return Browser(app)


async def reset_token(app: Quart, person: Person) -> str:
    """Has a link sent to a person; returns its token."""
    before = len(letters_to(app, person.user.email))
    response = await Browser(app).post("/forgot-password", form={"email": person.user.email})
    assert response.status_code == 200
    return token_in(await next_letter(app, person.user.email, after=before))


async def may_sign_in(app: Quart, person: Person, password: str) -> bool:
    body = {"email": person.user.email, "password": password}
    return (await Browser(app).post(f"{API}/sign-in", json=body)).status_code == 200


async def test_a_forgotten_password_is_replaced_and_every_session_ends(
    app: Quart, visitor: Browser, ada: Person
) -> None:
    token = await reset_token(app, ada)
    shown = await (await visitor.get(f"/reset-password?token={token}")).get_data(as_text=True)
    assert (await ada.client.get("/account")).status_code == 200

    response = await visitor.post(
        "/reset-password", form={"token": token, "password": NEW_PASSWORD}
    )

    assert "ada@example.com" in shown
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert (await ada.client.get("/account")).status_code == 303
    assert await may_sign_in(app, ada, NEW_PASSWORD)
    assert not await may_sign_in(app, ada, PASSWORD)


async def test_the_owner_is_told_of_a_new_password(
    app: Quart, visitor: Browser, ada: Person
) -> None:
    token = await reset_token(app, ada)
    await visitor.post(f"{API}/password/reset", json={"token": token, "password": NEW_PASSWORD})

    letter = await next_letter(app, ada.user.email, after=1)

    assert letter.subject == "You have a new password"
    assert "Hello Ada" in letter.text


async def test_an_unknown_address_gets_no_letter(app: Quart, visitor: Browser) -> None:
    await visitor.post("/forgot-password", form={"email": "nobody@example.com"})

    await send_all(app)

    assert letters_to(app, "nobody@example.com") == []


async def test_of_fifty_uses_of_a_reset_at_once_one_is_taken(app: Quart, ada: Person) -> None:
    token = await reset_token(app, ada)
    resources = resources_of(app)
    password_hash = await resources.identity.keys.prepare(NEW_PASSWORD)

    async def use() -> str:
        async with resources.database.transaction() as work:
            await resources.identity.keys.reset_password(work, token, password_hash)
        return "taken"

    outcomes = await asyncio.gather(*(use() for _ in range(50)), return_exceptions=True)

    told = [o if isinstance(o, str) else type(o).__name__ for o in outcomes]
    assert Counter(told) == {"taken": 1, "DeadLink": 49}


async def test_looking_first_and_deleting_after_would_let_many_in(app: Quart, ada: Person) -> None:
    """The naive way, which the test above would find: all look before the first one deletes."""
    token = await reset_token(app, ada)
    links = resources_of(app).identity.links

    looks = await asyncio.gather(*(links.look(token, "reset") for _ in range(5)))

    assert len(looks) == 5


async def test_a_password_that_will_not_do_leaves_the_link_good(
    app: Quart, visitor: Browser, ada: Person
) -> None:
    token = await reset_token(app, ada)

    refused = await visitor.post("/reset-password", form={"token": token, "password": "short"})
    common = await visitor.post("/reset-password", form={"token": token, "password": "password1"})
    taken = await visitor.post("/reset-password", form={"token": token, "password": NEW_PASSWORD})

    assert (refused.status_code, common.status_code, taken.status_code) == (422, 422, 200)
    assert 'id="password-error"' in await common.get_data(as_text=True)


async def test_a_link_dies_when_the_password_changes(
    app: Quart, visitor: Browser, ada: Person
) -> None:
    token = await reset_token(app, ada)
    body = {"present_password": PASSWORD, "password": NEW_PASSWORD}
    assert (await ada.client.put(f"{API}/password", json=body)).status_code == 204

    assert (await visitor.get(f"/reset-password?token={token}")).status_code == 410


async def test_a_link_dies_when_somebody_sets_the_password_by_hand(
    app: Quart, visitor: Browser, ada: Person
) -> None:
    token = await reset_token(app, ada)

    await resources_of(app).identity.set_password(ada.user.id, NEW_PASSWORD)

    assert (await visitor.get(f"/reset-password?token={token}")).status_code == 410


async def test_changing_the_password_ends_the_other_sessions_and_renews_this_one(
    app: Quart, ada: Person
) -> None:
    phone = await sign_in(app, ada.user)
    stolen = {cookie.name: cookie.value or "" for cookie in ada.client.cookie_jar or ()}
    form = {"present_password": PASSWORD, "password": NEW_PASSWORD}

    response = await ada.client.post("/account/password", form=form)

    page = await response.get_data(as_text=True)
    assert (response.status_code, "is changed" in page) == (200, True)
    assert (await ada.client.get("/account")).status_code == 200
    assert (await phone.client.get("/account")).status_code == 303
    assert not (await resources_of(app).identity.principal(stolen)).is_signed_in
    assert await may_sign_in(app, ada, NEW_PASSWORD)
    assert (await next_letter(app, ada.user.email)).subject == "Your password was changed"


async def test_without_the_present_password_there_is_no_new_one(app: Quart, ada: Person) -> None:
    form = {"present_password": "a guess of somebody", "password": NEW_PASSWORD}

    page = await ada.client.post("/account/password", form=form)
    rest = await ada.client.put(f"{API}/password", json=form)

    assert (page.status_code, rest.status_code) == (422, 422)
    assert 'id="present_password-error"' in await page.get_data(as_text=True)
    assert [error["field"] for error in (await rest.get_json())["errors"]] == ["present_password"]
    assert not await may_sign_in(app, ada, NEW_PASSWORD)


async def test_guessing_the_present_password_from_a_stolen_session_ends(ada: Person) -> None:
    form = {"present_password": "a guess", "password": NEW_PASSWORD}
    answers = [await ada.client.put(f"{API}/password", json=form) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
