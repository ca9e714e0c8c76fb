"""What a provider means for proofs, letters and the audit log of those who come with it."""

import pytest
from quart import Quart
from sqlalchemy import select

from app.database import Database
from app.features.accounts.openid.service import NOT_VERIFIED
from app.identity.audit import AuditRow
from app.resources import resources_of
from tests.features.accounts.openid.visits import CALLBACK
from tests.features.accounts.openid.visits import connected
from tests.features.accounts.openid.visits import person_in
from tests.features.accounts.openid.visits import there_and_back
from tests.letters import letters_to
from tests.letters import send_all
from tests.people import Browser
from tests.people import join
from tests.people import let_proof_grow_old
from tests.people import sign_in
from tests.phones import phone_of

# The provider of the tests says so while it answers.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def test_a_provider_proves_half_of_it_where_there_is_a_second_factor(app: Quart) -> None:
    lin = await connected(app)
    mallory = await join(app, "Mallory")
    totp = await phone_of(app, lin.principal)
    await let_proof_grow_old(app, lin)
    start = "/account/providers/example/prove?next=%2Faccount%2Fsecond-factor"

    asked = await lin.client.get(await there_and_back(lin.client, "lin", start=start))
    page = await asked.get_data(as_text=True)
    half = page.partition('name="half_sign_in" value="')[2].partition('"')[0]
    early = await lin.client.get("/account/second-factor")
    form = {"half_sign_in": half, "next": "/account/second-factor", "code": "000000"}
    wrong = await lin.client.post("/account/confirm/code", form=form)
    theirs = await mallory.client.post("/account/confirm/code", form=form)
    away = {**form, "code": totp.now(), "next": "//evil.example"}
    right = await lin.client.post("/account/confirm/code", form=away)
    late = await lin.client.get("/account/second-factor")

    assert "Enter your code" in page
    assert early.location.startswith("/account/confirm")
    assert wrong.status_code == 401
    assert theirs.location.startswith("/account/confirm")
    assert (right.status_code, right.location) == (303, "/")
    assert late.status_code == 200


async def test_what_is_refused_is_in_the_audit_log_with_its_reason(
    app: Quart, database: Database
) -> None:
    lin = await connected(app)
    root, browser = await join(app, "Root", is_admin=True), Browser(app)
    no = "error=My+password+is+hunter2"
    for way in (CALLBACK, f"{CALLBACK}?{no}", f"{CALLBACK}?error=access_denied"):
        await browser.get(way)
    await browser.get(await there_and_back(browser, "loose"))
    await resources_of(app).identity.people.disable(root.principal, lin.user.id)
    await browser.get(await there_and_back(browser, "lin"))

    async with database.reading() as session:
        refused = select(AuditRow).where(AuditRow.event == "provider.refused")
        told = list(await session.scalars(refused.order_by(AuditRow.id)))
    assert [entry.details["reason"] for entry in told] == [
        "state",
        "the provider said no: for a reason that is no code",
        "the provider said no: access_denied",
        NOT_VERIFIED,
        "this account is not in use",
    ]
    assert [entry.subject_id for entry in told] == [None] * 4 + [lin.user.id]


async def test_the_owner_hears_of_a_provider_that_comes_and_goes(app: Quart) -> None:
    lin = await connected(app)
    await lin.client.post("/account/providers/example/unlink")
    await send_all(app)

    assert [letter.subject for letter in letters_to(app, "lin@example.com")] == [
        "Your account is connected with Example",
        "Your account is no longer connected with Example",
    ]


async def test_without_a_password_a_recent_proof_lets_the_address_change(app: Quart) -> None:
    visitor = Browser(app)
    await visitor.get(await there_and_back(visitor, "lin"))
    user = await resources_of(app).identity.find_user((await person_in(app, visitor)).own_id)
    assert user is not None
    lin = await sign_in(app, user)
    form = {"email": "lin@harbour.example", "password": ""}

    page = await (await lin.client.get("/account/address")).get_data(as_text=True)
    fresh = await lin.client.post("/account/address", form=form)
    await let_proof_grow_old(app, lin)
    old = [
        await lin.client.get("/account/address"),
        await lin.client.post("/account/address", form=form),
    ]
    rest = await lin.client.post("/api/v1/accounts/address", json={"email": form["email"]})

    assert 'name="password"' not in page
    assert fresh.status_code == 200
    assert {answer.location for answer in old} == {"/account/confirm?next=%2Faccount%2Faddress"}
    assert (rest.status_code, (await rest.get_json())["type"]) == (
        403,
        "/problems/recent-sign-in-needed",
    )


async def test_a_proof_is_offered_where_one_has_an_account_and_nowhere_else(app: Quart) -> None:
    lin, ada = await connected(app), await join(app, "Ada")
    pages = []
    for person in (lin, ada):
        await let_proof_grow_old(app, person)
        answer = await person.client.get("/account/confirm")
        pages.append(await answer.get_data(as_text=True))

    assert ["Continue with Example" in page for page in pages] == [True, False]
