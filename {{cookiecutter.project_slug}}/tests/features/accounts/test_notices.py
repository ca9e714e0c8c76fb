"""What the owner of an account hears by a letter, whoever changed it."""

import string

import pyotp
import pytest
from quart import Quart

from app.features.accounts.notices import NOTICES
from app.identity.audit.events import AUDIT_EVENTS
from app.identity.owner_notices import nobody_delivers
from app.resources import resources_of
from tests.letters import letters_to
from tests.letters import send_all
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person

API = "/api/v1/accounts"
FACTOR = "/account/second-factor"
TOKEN = {"name": "<b>Bot</b> http://evil.example", "scopes": ["account:read"], "days": 30}
FACTS = {"provider": "Example", "codes_left": "9", "days": "30"}


async def change_everything(app: Quart, ada: Person) -> None:
    """Does what the owner is to hear of, as far as it takes no provider."""
    await ada.client.post(f"{API}/tokens", json=TOKEN)
    totp = pyotp.TOTP(await resources_of(app).identity.factors.enrol(ada.principal))
    await ada.client.post(f"{FACTOR}/confirm", form={"code": totp.now()})
    new_phones = resources_of(app).identity.new_phones
    moved = pyotp.TOTP(await new_phones.begin(ada.principal))
    await new_phones.finish(ada.principal, moved.now())
    [code, *_] = await resources_of(app).identity.factors.new_codes(ada.principal)
    sign_in = await Browser(app).post(
        f"{API}/sign-in", json={"email": ada.user.email, "password": PASSWORD}
    )
    half = (await sign_in.get_json())["half_sign_in"]
    await Browser(app).post(f"{API}/sign-in/code", json={"half_sign_in": half, "code": code})
    await ada.client.post(f"{FACTOR}/remove")
    await ada.client.delete(f"{API}/me")


async def test_the_owner_hears_of_everything_that_opens_their_account(
    app: Quart, ada: Person
) -> None:
    await change_everything(app, ada)
    await send_all(app)

    letters = letters_to(app, ada.user.email)
    assert [letter.subject for letter in letters] == [
        "A new API token",
        "The second factor was switched on",
        "Your second factor is on another phone now",
        "You have new recovery codes",
        "A recovery code was used",
        "The second factor was switched off",
        "Your account is gone",
    ]
    assert "Codes that are left: 9." in letters[4].text
    for letter in letters:
        assert "Hello Ada," in letter.text
        assert "Hello Ada," in letter.html
        assert "evil.example" not in letter.text + letter.html
    assert "/forgot-password" in letters[0].html
    assert "/forgot-password" not in letters[-1].text + letters[-1].html


async def test_without_the_way_to_letters_nobody_would_hear_of_it(app: Quart, ada: Person) -> None:
    resources_of(app).identity.owner_notices.deliver = nobody_delivers

    await change_everything(app, ada)
    await send_all(app)

    assert letters_to(app, ada.user.email) == []


async def test_a_change_that_is_rolled_back_is_told_to_nobody(app: Quart, ada: Person) -> None:
    resources = resources_of(app)

    with pytest.raises(ZeroDivisionError):
        async with resources.database.transaction() as work:
            await resources.identity.owner_notices.tell(work, "factor.removed", ada.user.id)
            _ = 1 / 0

    await send_all(app)
    assert letters_to(app, ada.user.email) == []


def test_notices_are_events_of_the_audit_log_and_their_facts_are_ours() -> None:
    named = {
        field
        for notice in NOTICES.values()
        for text in (notice.headline, notice.what)
        for _, field, _, _ in string.Formatter().parse(text)
        if field
    }

    assert set(NOTICES) <= set(AUDIT_EVENTS)
    assert named == set(FACTS)
