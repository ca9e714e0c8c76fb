"""Changing phones, on a page of the second factor."""

import re

import pyotp
import pytest
from quart import Quart
from sqlalchemy import select

from app.database import Database
from app.features.accounts.second_factor.new_phone import NOT_OF_THE_NEW_ONE
from app.features.accounts.second_factor.new_phone import TOO_LATE
from app.identity.audit import AuditRow
from app.identity.tables import PendingFactorRow
from app.resources import resources_of
from tests.letters import letters_to
from tests.letters import send_all
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.people import let_proof_grow_old
from tests.people import sign_in
from tests.phones import phone_of

FACTOR = "/account/second-factor"
PHONE = f"{FACTOR}/phone"
SIGN_IN = "/api/v1/accounts/sign-in"
ME = "/api/v1/accounts/me"
CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}


@pytest.fixture
async def old(app: Quart, ada: Person) -> pyotp.TOTP:
    """Returns Ada's present phone."""
    return await phone_of(app, ada.principal)


async def shown_to(person: Person) -> pyotp.TOTP:
    """Returns the phone that has scanned what the page shows."""
    page = await (await person.client.get(PHONE)).get_data(as_text=True)
    found = re.search(r'account__key">([A-Z2-7 ]+)<', page)
    assert found
    return pyotp.TOTP(found[1].replace(" ", ""))


async def status_of_sign_in(app: Quart, code: str) -> int:
    visitor = Browser(app)
    half = (await (await visitor.post(SIGN_IN, json=CREDENTIALS)).get_json())["half_sign_in"]
    answer = await visitor.post(f"{SIGN_IN}/code", json={"half_sign_in": half, "code": code})
    return int(answer.status_code)


async def test_a_person_changes_phones_and_is_alone_in_the_account_afterwards(
    app: Quart, ada: Person, old: pyotp.TOTP, database: Database
) -> None:
    [lost, *_] = await resources_of(app).identity.factors.new_codes(ada.principal)
    other, before = await sign_in(app, ada.user), ada.cookie
    new = await shown_to(ada)
    picture = await ada.client.get(f"{PHONE}/qr.png")
    page = await (await ada.client.get(FACTOR)).get_data(as_text=True)

    wrong = await ada.client.post(PHONE, form={"code": old.now()})
    used = new.now()
    right = await ada.client.post(PHONE, form={"code": used})

    shown = await right.get_data(as_text=True)
    codes = re.findall(r"<code>([0-9a-z-]{27})</code>", shown)
    assert f'href="{PHONE}"' in page
    assert (picture.mimetype, picture.headers["Cache-Control"]) == ("image/png", "no-store")
    assert (wrong.status_code, wrong.headers["Cache-Control"]) == (422, "no-store")
    assert NOT_OF_THE_NEW_ONE in await wrong.get_data(as_text=True)
    assert (right.status_code, right.headers["Cache-Control"], len(codes)) == (200, "no-store", 10)
    assert (await other.client.get(ME)).status_code == 401
    assert (await app.test_client().get(ME, headers={"Cookie": before})).status_code == 401
    assert (await ada.client.get(ME)).status_code == 200
    attempts = [old.now(), lost, used, codes[0]]
    assert [await status_of_sign_in(app, code) for code in attempts] == [401, 401, 401, 200]
    async with database.reading() as session:
        events = set(await session.scalars(select(AuditRow.event)))
        assert (await session.scalars(select(PendingFactorRow))).all() == []
    assert {"factor.replaced", "session.revoked"} <= events
    await send_all(app)
    told = [letter.subject for letter in letters_to(app, ada.user.email)]
    assert "Your second factor is on another phone now" in told


async def test_it_takes_a_recent_proof_with_a_code_and_a_recovery_code_will_do(
    app: Quart, ada: Person, old: pyotp.TOTP
) -> None:
    [code, *_] = await resources_of(app).identity.factors.new_codes(ada.principal)
    new = await shown_to(ada)
    await let_proof_grow_old(app, ada)
    form = {"code": new.now()}

    closed = [
        await ada.client.get(PHONE),
        await ada.client.get(f"{PHONE}/qr.png"),
        await ada.client.post(PHONE, form=form),
    ]
    half = await ada.client.post("/account/confirm", form={"password": PASSWORD, "code": ""})
    proof = {"password": PASSWORD, "code": code, "next": PHONE}
    proven = await ada.client.post("/account/confirm", form=proof)

    assert [answer.location.partition("?")[0] for answer in closed] == ["/account/confirm"] * 3
    assert (half.status_code, proven.location) == (401, PHONE)
    assert (await ada.client.post(PHONE, form=form)).status_code == 200


async def test_the_secret_of_another_session_or_person_is_none_here(
    app: Quart, ada: Person, mallory: Person, old: pyotp.TOTP
) -> None:
    elsewhere = await sign_in(app, ada.user)
    theirs = await shown_to(elsewhere)
    form = {"code": theirs.now()}

    strange = await mallory.client.post(PHONE, form=form)
    nothing = await ada.client.post(PHONE, form=form)
    mine = await shown_to(ada)
    wrong = await ada.client.post(PHONE, form=form)

    assert strange.location == (await mallory.client.get(PHONE)).location == FACTOR
    assert nothing.status_code == 422
    assert TOO_LATE in await nothing.get_data(as_text=True)
    assert (wrong.status_code, mine.secret == theirs.secret) == (422, False)
    assert (await elsewhere.client.post(PHONE, form=form)).status_code == 200


async def test_codes_of_a_new_phone_are_limited_as_those_of_setting_one_up(
    app: Quart, ada: Person, old: pyotp.TOTP
) -> None:
    await shown_to(ada)

    statuses = [
        (await ada.client.post(PHONE, form={"code": "000000"})).status_code for _ in range(10)
    ]
    last = await ada.client.post(PHONE, form={"code": "000000"})
    setting_up = await ada.client.post(f"{FACTOR}/confirm", form={"code": "000000"})

    assert (statuses, last.status_code, setting_up.status_code) == ([422] * 10, 429, 429)
    page = await last.get_data(as_text=True)
    assert "Too many" in page
    assert "account__key" in page  # the form is still there
