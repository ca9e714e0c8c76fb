"""Joining: a form, a letter, a link that works once, and nothing for whoever has not confirmed."""

import asyncio
from collections import Counter
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from quart import Quart
from quart.typing import TestClientProtocol as Client
from sqlalchemy import text
from sqlalchemy import update

from app.identity.mail_links.tables import MailLinkRow
from app.identity.mail_links.tables import SignUpRow
from app.resources import resources_of
from tests.letters import letters_to
from tests.letters import next_letter
from tests.letters import send_all
from tests.letters import token_in
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person

API = "/api/v1/accounts"
LIN = "lin@example.com"
NEW = {"email": LIN, "name": "Lin", "password": PASSWORD}
CREDENTIALS = {"email": LIN, "password": PASSWORD}
USES = 50


@pytest.fixture
def visitor(app: Quart) -> Browser:
    """Returns a browser in which nobody is signed in."""
    return Browser(app)


async def sign_up(app: Quart) -> str:
    """Signs Lin up and returns the token of the link that they get."""
    before = len(letters_to(app, LIN))
    response = await app.test_client().post(f"{API}/sign-up", json=NEW)
    assert response.status_code == 202
    return token_in(await next_letter(app, LIN, after=before))


async def count(app: Quart, table: str) -> int:
    async with resources_of(app).database.reading() as session:
        return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_a_person_joins_by_a_form_a_letter_and_a_button(app: Quart, visitor: Browser) -> None:
    sent = await visitor.post("/sign-up", form=NEW)
    token = token_in(await next_letter(app, LIN))
    opened = await visitor.get(f"/sign-up/confirm?token={token}")
    assert await count(app, "users") == 0

    confirmed = await visitor.post("/sign-up/confirm", form={"token": token, "password": PASSWORD})

    assert "Look into your mail" in await sent.get_data(as_text=True)
    assert "/dev/mail?to=lin%40example.com" in await sent.get_data(as_text=True)
    assert LIN in await opened.get_data(as_text=True)
    assert (confirmed.status_code, confirmed.location) == (303, "/")
    assert "Lin" in await (await visitor.get("/account")).get_data(as_text=True)


async def test_a_person_joins_over_rest_and_is_signed_in(app: Quart, client: Client) -> None:
    token = await sign_up(app)

    response = await client.post(
        f"{API}/sign-up/confirm", json={"token": token, "password": PASSWORD}
    )

    user = (await response.get_json())["user"]
    assert response.status_code == 201
    assert set(user) == {"id", "email", "name"}
    assert (await (await client.get(f"{API}/me")).get_json())["user"] == user


async def test_whoever_has_not_confirmed_is_nobody(app: Quart, client: Client) -> None:
    await sign_up(app)

    response = await client.post(f"{API}/sign-in", json=CREDENTIALS)

    assert response.status_code == 401
    assert await count(app, "users") == 0


async def test_opening_the_link_confirms_nothing_so_mail_programs_may(
    app: Quart, visitor: Browser
) -> None:
    token = await sign_up(app)

    opened = [await visitor.get(f"/sign-up/confirm?token={token}") for _ in range(3)]

    assert {response.status_code for response in opened} == {200}
    assert all("Set-Cookie" not in response.headers for response in opened)
    assert await count(app, "users") == 0


async def test_who_never_asked_to_join_cannot_confirm_a_strangers_password(
    app: Quart, visitor: Browser
) -> None:
    token = await sign_up(app)

    response = await visitor.post(
        "/sign-up/confirm", form={"token": token, "password": "the mailbox is mine"}
    )

    assert response.status_code == 401
    assert await count(app, "users") == 0
    assert (await visitor.get(f"/sign-up/confirm?token={token}")).status_code == 200


async def test_a_link_in_the_address_is_told_to_no_other_page_and_stored_nowhere(
    app: Quart, visitor: Browser
) -> None:
    token = await sign_up(app)

    response = await visitor.get(f"/sign-up/confirm?token={token}")

    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"


async def test_the_database_holds_the_hash_of_the_token_alone(app: Quart) -> None:
    token = await sign_up(app)
    found = []
    async with resources_of(app).database.reading() as session:
        tables = await session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        for table in tables:
            rows = await session.scalars(text(f"SELECT t::text FROM {table} t"))
            found += [row for row in rows if token in row]

    assert len(token) == 43
    assert await count(app, "mail_links") == 1
    assert found == []


async def test_of_fifty_uses_of_a_link_at_once_one_is_taken(app: Quart) -> None:
    token = await sign_up(app)
    joining = resources_of(app).identity.joining
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with resources_of(app).database.transaction() as work:
        await work.session.execute(update(SignUpRow).values(password_hash=cheap))

    outcomes = await asyncio.gather(
        *(joining.confirm(token, PASSWORD) for _ in range(USES)), return_exceptions=True
    )

    assert Counter(type(outcome).__name__ for outcome in outcomes) == {"Joined": 1, "DeadLink": 49}
    assert await count(app, "users") == 1


async def test_a_link_that_was_used_is_dead(app: Quart, visitor: Browser) -> None:
    token = await sign_up(app)
    await visitor.post("/sign-up/confirm", form={"token": token, "password": PASSWORD})

    again = await Browser(app).post("/sign-up/confirm", form={"token": token, "password": PASSWORD})
    looked = await Browser(app).get(f"/sign-up/confirm?token={token}")
    rest = await Browser(app).post(
        f"{API}/sign-up/confirm", json={"token": token, "password": PASSWORD}
    )

    assert (again.status_code, looked.status_code, rest.status_code) == (410, 410, 422)


async def test_a_link_that_is_too_old_is_dead(app: Quart, visitor: Browser) -> None:
    token = await sign_up(app)
    async with resources_of(app).database.transaction() as work:
        old = datetime.now(UTC) - timedelta(seconds=1)
        await work.session.execute(update(MailLinkRow).values(expires_at=old))

    assert (await visitor.get(f"/sign-up/confirm?token={token}")).status_code == 410
    await resources_of(app).identity.delete_expired()
    assert await count(app, "mail_links") == 0


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "é" * 43, "a" * 10_000])
async def test_what_never_was_a_link_is_dead(visitor: Browser, token: str) -> None:
    assert (await visitor.get("/sign-up/confirm", query_string={"token": token})).status_code == 410


async def test_a_link_for_one_thing_is_none_for_another(app: Quart, visitor: Browser) -> None:
    token = await sign_up(app)

    reset = await visitor.post("/reset-password", form={"token": token, "password": PASSWORD * 2})
    address = await visitor.post("/change-address", form={"token": token})

    assert (reset.status_code, address.status_code) == (410, 410)


async def test_the_letter_is_sent_again_and_the_first_link_ends_with_the_second(
    app: Quart, visitor: Browser
) -> None:
    first = await sign_up(app)

    await visitor.post("/sign-up/again", form={"email": "LIN@example.com"})
    second = token_in(await next_letter(app, LIN, after=1))
    await visitor.post("/sign-up/confirm", form={"token": second, "password": PASSWORD})

    assert first != second
    assert (await Browser(app).get(f"/sign-up/confirm?token={first}")).status_code == 410


async def test_of_two_who_sign_up_with_one_address_the_first_to_confirm_has_it(
    app: Quart, client: Client
) -> None:
    first, second = await sign_up(app), await sign_up(app)
    body = {"password": PASSWORD}

    one = await client.post(f"{API}/sign-up/confirm", json={**body, "token": second})
    other = await Browser(app).post(f"{API}/sign-up/confirm", json={**body, "token": first})

    assert (one.status_code, other.status_code) == (201, 422)
    assert await count(app, "users") == 1


async def test_a_taken_address_gets_a_letter_that_says_so_and_keeps_its_password(
    app: Quart, client: Client, ada: Person
) -> None:
    body = {"email": "ADA@example.com", "name": "Eve", "password": "not the one of Ada"}

    response = await client.post(f"{API}/sign-up", json=body)
    letter = await next_letter(app, "ADA@example.com")

    assert response.status_code == 202
    assert letter.subject == "You have an account already"
    assert "token=" not in letter.text
    assert await resources_of(app).identity.authenticate(ada.user.email, PASSWORD)


async def test_a_letter_holds_no_word_that_a_stranger_typed(app: Quart, client: Client) -> None:
    spam = "Win at evil.example"
    await client.post(f"{API}/sign-up", json={**NEW, "name": spam})

    letter = await next_letter(app, LIN)

    assert "evil.example" not in letter.subject + letter.text + letter.html


async def test_nobody_who_waits_gets_no_letter(app: Quart, client: Client, ada: Person) -> None:
    for email in ("nobody@example.com", ada.user.email):
        assert (await client.post(f"{API}/sign-up/again", json={"email": email})).status_code == 202

    await send_all(app)

    assert letters_to(app, "nobody@example.com") == letters_to(app, ada.user.email) == []


async def test_a_mailbox_is_not_filled_through_us(app: Quart) -> None:
    answers = [await Browser(app).post(f"{API}/sign-up", json=NEW) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [202] * 5 + [429]


async def test_a_rollback_takes_the_letter_back(app: Quart) -> None:
    resources = resources_of(app)
    sign_up = await resources.identity.joining.prepare(LIN, "Lin", PASSWORD)

    with pytest.raises(RuntimeError, match="too bad"):
        async with resources.database.transaction() as work:
            await resources.identity.joining.add(work, sign_up)
            payload = {"sign_up_id": str(sign_up.id)}
            await resources.jobs.enqueue(work, "accounts.send_confirmation", payload=dict(payload))
            raise RuntimeError("too bad")

    assert await count(app, "pgqueuer") == await count(app, "sign_ups") == 0
