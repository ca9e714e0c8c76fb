"""Setting up the second factor, and signing in with it, over pages and REST."""

import re

import pyotp
import pytest
from quart import Quart

from app.resources import resources_of
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.people import let_proof_grow_old
from tests.people import sign_in
from tests.phones import phone_of

SIGN_IN = "/api/v1/accounts/sign-in"
ME = "/api/v1/accounts/me"
FACTOR = "/account/second-factor"
CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}


@pytest.fixture
async def app_of_ada(app: Quart, ada: Person) -> pyotp.TOTP:
    """Returns Ada's authenticator app, whose present code was not used yet."""
    return await phone_of(app, ada.principal)


def hidden(page: str) -> str:
    found = re.search(r'name="half_sign_in" value="([^"]+)"', page)
    assert found
    return found[1]


async def test_a_person_sets_it_up_with_a_picture_a_key_and_a_code(app: Quart, ada: Person) -> None:
    other = await sign_in(app, ada.user)
    page = await (await ada.client.get(FACTOR)).get_data(as_text=True)
    picture = await ada.client.get(f"{FACTOR}/qr.png")
    found = re.search(r'account__key">([A-Z2-7 ]+)<', page)
    assert found
    code = pyotp.TOTP(found[1].replace(" ", "")).now()

    wrong = await ada.client.post(f"{FACTOR}/confirm", form={"code": "000000"})
    right = await ada.client.post(f"{FACTOR}/confirm", form={"code": code})

    shown = await right.get_data(as_text=True)
    assert (picture.mimetype, picture.headers["Cache-Control"]) == ("image/png", "no-store")
    assert wrong.status_code == 422
    assert (right.status_code, right.headers["Cache-Control"]) == (200, "no-store")
    assert len(re.findall(r"<code>[0-9a-z]{6}(?:-[0-9a-z]{6}){3}</code>", shown)) == 10
    assert (await other.client.get(ME)).status_code == 401
    security = await (await ada.client.get("/account/security")).get_data(as_text=True)
    assert "On, with 10 recovery codes left" in security


async def test_a_secret_that_another_session_was_shown_is_never_put_to_use(
    app: Quart, ada: Person
) -> None:
    rest, elsewhere = "/api/v1/accounts/second-factor", await sign_in(app, ada.user)
    first = (await (await elsewhere.client.post(rest)).get_json())["secret"]
    mine = (await (await ada.client.post(rest)).get_json())["secret"]
    codes = [{"code": pyotp.TOTP(secret).now()} for secret in (first, mine)]

    there = [await elsewhere.client.post(f"{rest}/confirm", json=code) for code in codes]
    here = [await ada.client.post(f"{rest}/confirm", json=code) for code in codes]

    assert mine != first
    assert [answer.status_code for answer in there + here] == [422, 422, 422, 200]


async def test_setting_it_up_gives_the_session_a_new_token(app: Quart, ada: Person) -> None:
    before = ada.cookie
    secret = await resources_of(app).identity.factors.enrol(ada.principal)

    await ada.client.post(f"{FACTOR}/confirm", form={"code": pyotp.TOTP(secret).now()})

    assert ada.cookie != before
    assert (await app.test_client().get(ME, headers={"Cookie": before})).status_code == 401


async def test_the_password_alone_gives_no_rights_at_all(
    app: Quart, app_of_ada: pyotp.TOTP
) -> None:
    visitor = Browser(app)

    page = await visitor.post("/sign-in", form=CREDENTIALS)
    route = await visitor.post(SIGN_IN, json=CREDENTIALS)
    half = (await route.get_json())["half_sign_in"]

    assert "Set-Cookie" not in page.headers
    assert "Set-Cookie" not in route.headers
    assert (route.status_code, (await route.get_json())["type"]) == (
        401,
        "/problems/second-factor-needed",
    )
    identity = resources_of(app).identity
    for secret in (half, hidden(await page.get_data(as_text=True))):
        assert not (await identity.principal({identity.cookie_name: secret})).is_signed_in
        bearer = {"Authorization": f"Bearer {secret}"}
        assert (await app.test_client().get(ME, headers=bearer)).status_code == 401
        assert await identity.tickets.redeem(secret) is None
    assert (await visitor.get("/account")).location.startswith("/sign-in")


async def test_without_a_factor_the_password_is_enough(app: Quart, ada: Person) -> None:
    assert (await Browser(app).post(SIGN_IN, json=CREDENTIALS)).status_code == 200


async def test_the_code_completes_the_sign_in_once(app: Quart, app_of_ada: pyotp.TOTP) -> None:
    visitor, thief = Browser(app), Browser(app)
    page = await visitor.post("/sign-in", form=CREDENTIALS | {"next": "/harbour"})
    half = hidden(await page.get_data(as_text=True))
    form = {"half_sign_in": half, "code": app_of_ada.now(), "next": "/harbour"}

    done = await visitor.post("/sign-in/code", form=form)
    again = await thief.post("/sign-in/code", form=form)
    second = hidden(await (await thief.post("/sign-in", form=CREDENTIALS)).get_data(as_text=True))
    replayed = await thief.post("/sign-in/code", form=form | {"half_sign_in": second})

    assert (done.status_code, done.location) == (303, "/harbour")
    assert (await visitor.get(ME)).status_code == 200
    assert again.location.startswith("/sign-in")
    assert replayed.status_code == 401
    assert (await thief.get(ME)).status_code == 401


async def test_the_code_completes_the_sign_in_over_rest(app: Quart, app_of_ada: pyotp.TOTP) -> None:
    visitor = Browser(app)
    half = (await (await visitor.post(SIGN_IN, json=CREDENTIALS)).get_json())["half_sign_in"]

    wrong = await visitor.post(f"{SIGN_IN}/code", json={"half_sign_in": half, "code": "000000"})
    right = await visitor.post(
        f"{SIGN_IN}/code", json={"half_sign_in": half, "code": app_of_ada.now()}
    )

    assert (wrong.status_code, right.status_code) == (401, 200)
    assert (await visitor.get(ME)).status_code == 200


async def test_codes_are_limited_for_the_account_from_all_sides(
    app: Quart, app_of_ada: pyotp.TOTP
) -> None:
    statuses = []
    for _ in range(3):
        visitor = Browser(app)
        half = (await (await visitor.post(SIGN_IN, json=CREDENTIALS)).get_json())["half_sign_in"]
        for _ in range(4):
            guess = {"half_sign_in": half, "code": "000000"}
            statuses.append((await visitor.post(f"{SIGN_IN}/code", json=guess)).status_code)

    assert statuses[:10] == [401] * 10
    assert set(statuses[10:]) == {429}


async def test_a_recovery_code_signs_in(app: Quart, ada: Person, app_of_ada: pyotp.TOTP) -> None:
    [code, *_] = await resources_of(app).identity.factors.new_codes(ada.principal)
    visitor = Browser(app)
    half = (await (await visitor.post(SIGN_IN, json=CREDENTIALS)).get_json())["half_sign_in"]

    response = await visitor.post(f"{SIGN_IN}/code", json={"half_sign_in": half, "code": code})

    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/remove", "/codes", "/confirm", "/phone"])
async def test_changing_it_needs_a_recent_proof(app: Quart, ada: Person, path: str) -> None:
    await let_proof_grow_old(app, ada)

    response = await ada.client.post(FACTOR + path, form={})

    assert response.location.startswith("/account/confirm")


async def test_a_proof_takes_the_code_too_once_it_is_on(
    app: Quart, ada: Person, app_of_ada: pyotp.TOTP
) -> None:
    await let_proof_grow_old(app, ada)
    confirm = "/api/v1/accounts/confirm"
    code = app_of_ada.now()

    answers = [
        (await ada.client.post(confirm, json=body)).status_code
        for body in (
            {"password": PASSWORD},
            {"password": "wrong", "code": code},
            {"password": PASSWORD, "code": code},
        )
    ]

    assert answers == [401, 401, 204]


async def test_changing_the_password_is_but_half_a_proof_once_it_is_on(
    app: Quart, ada: Person, app_of_ada: pyotp.TOTP
) -> None:
    await let_proof_grow_old(app, ada)
    before = ada.cookie
    change = {"present_password": PASSWORD, "password": "another lamp in the harbour"}

    changed = await ada.client.put("/api/v1/accounts/password", json=change)
    removed = await ada.client.post(f"{FACTOR}/remove")

    assert changed.status_code == 204
    assert ada.cookie != before
    assert removed.location.startswith("/account/confirm")


async def test_no_change_of_it_counts_as_another_proof(app: Quart, ada: Person) -> None:
    identity = resources_of(app).identity
    await let_proof_grow_old(app, ada, seconds=600)
    first = pyotp.TOTP(await identity.factors.enrol(ada.principal))
    switched_on = await ada.client.post(f"{FACTOR}/confirm", form={"code": first.now()})
    second = pyotp.TOTP(await identity.new_phones.begin(ada.principal))
    moved = await ada.client.post(f"{FACTOR}/phone", form={"code": second.now()})
    removed = await ada.client.post(f"{FACTOR}/remove")
    nothing_left = await ada.client.post(f"{FACTOR}/remove")

    still = await ada.client.get(FACTOR)
    await let_proof_grow_old(app, ada, seconds=400)
    closed = await ada.client.get(FACTOR)

    assert (switched_on.status_code, moved.status_code) == (200, 200)
    assert removed.location == nothing_left.location == "/account/security"
    assert still.status_code == 200
    assert (closed.location or "").startswith("/account/confirm")


async def test_switching_it_off_lets_the_password_alone_in_again(
    app: Quart, ada: Person, app_of_ada: pyotp.TOTP
) -> None:
    response = await ada.client.post(f"{FACTOR}/remove")

    assert (response.status_code, response.location) == (303, "/account/security")
    assert (await Browser(app).post(SIGN_IN, json=CREDENTIALS)).status_code == 200
