"""Another e-mail address: asked for with the password, confirmed at the new one."""

import pytest
from quart import Quart

from tests.letters import letters_to
from tests.letters import next_letter
from tests.letters import send_all
from tests.letters import token_in
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.phones import phone_of

API = "/api/v1/accounts"
NEW = "ada@harbour.example"


async def address_token(app: Quart, person: Person, email: str = NEW) -> str:
    """Asks for another address; returns the token of the link that it gets."""
    before = len(letters_to(app, email))
    form = {"email": email, "password": PASSWORD}
    response = await person.client.post("/account/address", form=form)
    assert response.status_code == 200
    assert email in await response.get_data(as_text=True)
    return token_in(await next_letter(app, email, after=before))


async def own_email(person: Person) -> str:
    me = await (await person.client.get(f"{API}/me")).get_json()
    return str(me["user"]["email"])


async def test_an_address_changes_when_the_new_one_is_confirmed_and_the_old_one_is_told(
    app: Quart, ada: Person
) -> None:
    token = await address_token(app, ada)
    stranger = Browser(app)
    opened = await stranger.get(f"/change-address?token={token}")
    assert await own_email(ada) == "ada@example.com"

    response = await stranger.post("/change-address", form={"token": token})

    assert (opened.status_code, response.status_code) == (200, 200)
    assert await own_email(ada) == NEW
    await send_all(app)
    assert [letter.subject for letter in letters_to(app, "ada@example.com")] == [
        "Another address was entered for your account",
        "Your account has another address now",
    ]


async def test_over_rest_it_is_the_same(app: Quart, ada: Person) -> None:
    asked = await ada.client.post(f"{API}/address", json={"email": NEW, "password": PASSWORD})
    token = token_in(await next_letter(app, NEW))

    confirmed = await Browser(app).post(f"{API}/address/confirm", json={"token": token})
    again = await Browser(app).post(f"{API}/address/confirm", json={"token": token})

    assert (asked.status_code, confirmed.status_code, again.status_code) == (202, 204, 422)
    assert await own_email(ada) == NEW


async def test_a_reset_that_was_asked_for_at_the_old_address_dies_with_it(
    app: Quart, ada: Person
) -> None:
    visitor = Browser(app)
    await visitor.post("/forgot-password", form={"email": "ada@example.com"})
    reset = token_in(await next_letter(app, "ada@example.com"))
    assert (await visitor.get(f"/reset-password?token={reset}")).status_code == 200

    await visitor.post("/change-address", form={"token": await address_token(app, ada)})

    assert (await visitor.get(f"/reset-password?token={reset}")).status_code == 410


async def test_of_two_new_addresses_the_one_that_is_confirmed_first_stays(
    app: Quart, ada: Person
) -> None:
    first = await address_token(app, ada)
    second = await address_token(app, ada, "ada@lake.example")

    await Browser(app).post("/change-address", form={"token": first})
    late = await Browser(app).post("/change-address", form={"token": second})

    assert late.status_code == 410
    assert await own_email(ada) == NEW


async def test_without_the_password_nothing_is_sent(app: Quart, ada: Person) -> None:
    form = {"email": NEW, "password": "a guess"}

    page = await ada.client.post("/account/address", form=form)
    rest = await ada.client.post(f"{API}/address", json=form)

    assert (page.status_code, rest.status_code) == (422, 422)
    assert 'id="password-error"' in await page.get_data(as_text=True)
    assert letters_to(app, NEW) == []


async def test_a_taken_address_gets_the_same_answer_and_a_letter_that_says_so(
    app: Quart, ada: Person, grace: Person
) -> None:
    free, taken = "alan@example.com", "grace@example.com"
    pages = [
        await ada.client.post("/account/address", form={"email": email, "password": PASSWORD})
        for email in (free, taken)
    ]

    letter = await next_letter(app, taken)

    told = [(await page.get_data(as_text=True)) for page in pages]
    assert told[0].replace("alan", "grace") == told[1]
    assert letter.subject == "You have an account already"


async def test_an_address_that_was_taken_meanwhile_stays_where_it_is(
    app: Quart, ada: Person, grace: Person
) -> None:
    first = await address_token(app, ada)
    second = await address_token(app, grace)
    await Browser(app).post("/change-address", form={"token": second})

    late = await Browser(app).post("/change-address", form={"token": first})

    assert late.status_code == 410
    assert (await own_email(ada), await own_email(grace)) == ("ada@example.com", NEW)


@pytest.mark.parametrize("email", ["", "ada", "ada@harbour", "a b@example.com"])
async def test_what_is_no_address_is_told_beside_the_field(ada: Person, email: str) -> None:
    response = await ada.client.post(
        "/account/address", form={"email": email, "password": PASSWORD}
    )

    assert response.status_code == 422
    assert 'id="email-error"' in await response.get_data(as_text=True)


async def test_whoever_has_a_second_factor_adds_a_code_of_it(app: Quart, ada: Person) -> None:
    totp = await phone_of(app, ada.principal)
    form = {"email": NEW, "password": PASSWORD}

    asked = await (await ada.client.get("/account/address")).get_data(as_text=True)
    without = await ada.client.post("/account/address", form=form)
    wrong = await ada.client.post(f"{API}/address", json={**form, "code": "000000"})
    await send_all(app)
    assert letters_to(app, NEW) == []
    right = await ada.client.post("/account/address", form={**form, "code": totp.now()})
    await send_all(app)

    assert 'name="code"' in asked
    assert without.status_code == 422
    assert 'id="code-error"' in await without.get_data(as_text=True)
    assert [one["field"] for one in (await wrong.get_json())["errors"]] == ["code"]
    assert right.status_code == 200
    assert len(letters_to(app, NEW)) == 1
