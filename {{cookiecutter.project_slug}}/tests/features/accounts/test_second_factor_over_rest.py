"""Moving, renewing and switching off the second factor over REST, as the pages do."""

import pyotp
import pytest
from quart import Quart
from sqlalchemy import select

from app.database import Database
from app.identity.audit import AuditRow
from app.identity.tables import PendingFactorRow
from app.resources import resources_of
from tests.features.accounts.test_new_phone import status_of_sign_in
from tests.letters import letters_to
from tests.letters import send_all
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person
from tests.people import let_proof_grow_old
from tests.people import sign_in
from tests.phones import phone_of

FACTOR = "/api/v1/accounts/second-factor"
PHONE = f"{FACTOR}/phone"
ME = "/api/v1/accounts/me"
CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}
ROUTES = [
    ("POST", PHONE),
    ("POST", f"{PHONE}/confirm"),
    ("POST", f"{FACTOR}/codes"),
    ("DELETE", FACTOR),
]


@pytest.fixture
async def old(app: Quart, ada: Person) -> pyotp.TOTP:
    """Returns Ada's present phone."""
    return await phone_of(app, ada.principal)


async def told_by_letter(app: Quart, person: Person) -> list[str]:
    await send_all(app)
    return [letter.subject for letter in letters_to(app, person.user.email)]


async def test_a_program_moves_it_to_another_phone(
    app: Quart, ada: Person, old: pyotp.TOTP, database: Database
) -> None:
    [lost, *_] = await resources_of(app).identity.factors.new_codes(ada.principal)
    other, before = await sign_in(app, ada.user), ada.cookie
    asked, again = await ada.client.post(PHONE), await ada.client.post(PHONE)
    told = await asked.get_json()
    new = pyotp.TOTP(told["secret"])

    wrong = await ada.client.post(f"{PHONE}/confirm", json={"code": old.now()})
    used = new.now()
    right = await ada.client.post(f"{PHONE}/confirm", json={"code": used})

    codes = (await right.get_json())["recovery_codes"]
    [error] = (await wrong.get_json())["errors"]
    assert await again.get_json() == told
    assert pyotp.parse_uri(told["uri"]).secret == told["secret"]
    assert (wrong.status_code, error["field"]) == (422, "code")
    assert (right.status_code, len(codes)) == (200, 10)
    assert {one.headers["Cache-Control"] for one in (asked, right)} == {"no-store"}
    assert (await other.client.get(ME)).status_code == 401
    assert (await app.test_client().get(ME, headers={"Cookie": before})).status_code == 401
    assert (await ada.client.get(ME)).status_code == 200
    attempts = [old.now(), lost, used, codes[0]]
    assert [await status_of_sign_in(app, code) for code in attempts] == [401, 401, 401, 200]
    async with database.reading() as session:
        events = set(await session.scalars(select(AuditRow.event)))
        assert (await session.scalars(select(PendingFactorRow))).all() == []
    assert {"factor.replaced", "session.revoked"} <= events
    assert "Your second factor is on another phone now" in await told_by_letter(app, ada)


async def test_new_recovery_codes_replace_the_old_ones(
    app: Quart, ada: Person, old: pyotp.TOTP, database: Database
) -> None:
    [lost, *_] = await resources_of(app).identity.factors.new_codes(ada.principal)

    answer = await ada.client.post(f"{FACTOR}/codes")

    codes = (await answer.get_json())["recovery_codes"]
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert [await status_of_sign_in(app, code) for code in (lost, codes[0])] == [401, 200]
    assert (await (await ada.client.get(FACTOR)).get_json())["codes_left"] == 9
    async with database.reading() as session:
        made = await session.scalars(
            select(AuditRow.subject_id).where(AuditRow.event == "recovery_codes.made")
        )
        assert list(made) == [ada.user.id] * 2
    assert (await told_by_letter(app, ada)).count("You have new recovery codes") == 2


async def test_it_is_switched_off_once_and_the_session_has_a_new_token(
    app: Quart, ada: Person, old: pyotp.TOTP, database: Database
) -> None:
    before = ada.cookie

    off, again = await ada.client.delete(FACTOR), await ada.client.delete(FACTOR)

    assert (off.status_code, again.status_code) == (204, 204)
    assert (await app.test_client().get(ME, headers={"Cookie": before})).status_code == 401
    assert (await ada.client.get(ME)).status_code == 200
    signed_in = await Browser(app).post("/api/v1/accounts/sign-in", json=CREDENTIALS)
    assert signed_in.status_code == 200
    async with database.reading() as session:
        removed = select(AuditRow.subject_id).where(AuditRow.event == "factor.removed")
        assert list(await session.scalars(removed)) == [ada.user.id]
    assert (await told_by_letter(app, ada)).count("The second factor was switched off") == 1


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_each_wants_a_recent_proof_and_takes_no_token(
    app: Quart, ada: Person, old: pyotp.TOTP, method: str, path: str
) -> None:
    tokens = resources_of(app).identity.tokens
    issued = await tokens.issue(ada.principal, name="Bot", scopes=["account:read"], days=1)
    bearer = {"Authorization": f"Bearer {issued.secret}"}
    await let_proof_grow_old(app, ada)

    body = {"code": "000000"}
    late = await ada.client.open(path, method=method, json=body)
    program = await app.test_client().open(path, method=method, headers=bearer, json=body)

    assert (late.status_code, program.status_code) == (403, 403)
    assert (await late.get_json())["type"] == "/problems/recent-sign-in-needed"
    assert (await program.get_json())["type"] == "/problems/scope-needed"
    assert (await resources_of(app).identity.factors.state(ada.user.id)).codes_left == 10


async def test_without_one_there_is_nothing_to_move_or_to_renew(app: Quart, ada: Person) -> None:
    answers = [
        await ada.client.post(PHONE),
        await ada.client.post(f"{PHONE}/confirm", json={"code": "000000"}),
        await ada.client.post(f"{FACTOR}/codes"),
    ]

    assert [answer.status_code for answer in answers] == [409] * 3


async def test_a_code_for_which_nothing_waits_is_told_to_begin_anew(
    app: Quart, ada: Person, old: pyotp.TOTP
) -> None:
    elsewhere = await sign_in(app, ada.user)
    secret = (await (await elsewhere.client.post(PHONE)).get_json())["secret"]
    body = {"code": pyotp.TOTP(secret).now()}

    here = await ada.client.post(f"{PHONE}/confirm", json=body)
    there = await elsewhere.client.post(f"{PHONE}/confirm", json=body)

    assert (here.status_code, there.status_code) == (422, 200)
    assert "ask for another" in await here.get_data(as_text=True)


async def test_its_codes_are_counted_with_those_of_the_pages(ada: Person, old: pyotp.TOTP) -> None:
    guess = {"code": "000000"}
    await ada.client.post(PHONE)

    statuses = [
        (await ada.client.post(f"{PHONE}/confirm", json=guess)).status_code for _ in range(10)
    ]
    last = await ada.client.post(f"{PHONE}/confirm", json=guess)
    page = await ada.client.post("/account/second-factor/phone", form=guess)

    assert (statuses, last.status_code, page.status_code) == ([422] * 10, 429, 429)
