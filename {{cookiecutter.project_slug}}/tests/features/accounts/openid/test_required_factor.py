"""Whoever comes from a provider and has to have a second factor sets one up here."""

import asyncio
import re

import pyotp
import pytest
from quart import Quart
from sqlalchemy import select

from app.factory import create_app
from app.identity.audit import AuditRow
from app.resources import resources_of
from app.settings import Settings
from tests.features.accounts.openid.visits import connect
from tests.features.accounts.openid.visits import connected
from tests.features.accounts.openid.visits import person_in
from tests.features.accounts.openid.visits import there_and_back
from tests.features.accounts.openid.visits import who_is
from tests.features.accounts.test_required_factor import REQUIRED
from tests.features.accounts.test_required_factor import bound
from tests.people import Browser
from tests.people import sign_in

# The provider of the tests says so while it answers.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

START = "/sign-in/with/example?next=%2Faccount"
FACTOR = "/account/second-factor"
PROVE = "/account/providers/example/prove"


def trusting(settings: Settings) -> Settings:
    """Returns settings by which the provider's own second factor counts."""
    [example, *others] = settings.openid.providers
    example = example.model_copy(update={"second_factor_amr": ("hwk", "mfa")})
    openid = settings.openid.model_copy(update={"providers": (example, *others)})
    return settings.model_copy(update={"openid": openid})


async def token_of(browser: Browser) -> str:
    """Returns a token that somebody has just made in a browser."""
    wanted = {"name": "Harbour bot", "scopes": ["account:read"], "days": 7}
    answer = await browser.post("/api/v1/accounts/tokens", json=wanted)
    assert answer.status_code == 201
    return str((await answer.get_json())["secret"])


async def judged(app: Quart, token: str) -> str:
    """Returns "let in", or the problem that a token meets."""
    bearer = {"Authorization": f"Bearer {token}"}
    answer = await app.test_client().get("/api/v1/accounts/me", headers=bearer)
    return "let in" if answer.status_code == 200 else str((await answer.get_json())["type"])


async def set_up_here(browser: Browser) -> int:
    """Sets a second factor up over REST; returns the status of that."""
    rest = "/api/v1/accounts/second-factor"
    secret = (await (await browser.post(rest)).get_json())["secret"]
    answer = await browser.post(f"{rest}/confirm", json={"code": pyotp.TOTP(secret).now()})
    return int(answer.status_code)


async def test_a_provider_is_no_way_round_it(app: Quart, provided: Settings) -> None:
    strict = create_app(bound(provided, "everybody"))
    async with strict.test_app():
        lin, start = Browser(strict), START

        arrived = await lin.get(await there_and_back(lin, "lin", start=start))
        before = await who_is(lin)
        proof = f"{PROVE}?next=%2Faccount%2Fsecond-factor"
        proven = await lin.get(await there_and_back(lin, "lin", start=proof))
        page = await (await lin.get(arrived.location)).get_data(as_text=True)
        key = re.search(r'account__key">([A-Z2-7 ]+)<', page)
        assert key
        code = pyotp.TOTP(key[1].replace(" ", "")).now()
        await lin.post(f"{FACTOR}/confirm", form={"code": code})

        assert arrived.location == f"{FACTOR}?next=%2Faccount"
        assert proven.location == FACTOR
        assert before == ""
        assert await who_is(lin) == "lin@example.com"
    free = Browser(app)
    await free.get(await there_and_back(free, "other"))
    assert await who_is(free) == "other@example.com"


async def test_what_the_provider_saw_counts_where_the_settings_name_it_and_as_long_as_they_do(
    app: Quart, provided: Settings
) -> None:
    strict = bound(provided, "everybody")
    wary, trustful = create_app(strict), create_app(trusting(strict))
    async with wary.test_app(), trustful.test_app():
        strong, lin, unasked = Browser(trustful), Browser(trustful), Browser(wary)

        let_in = await strong.get(await there_and_back(strong, "strong", start=START))
        held = await lin.get(await there_and_back(lin, "lin", start=START))
        unseen = await unasked.get(await there_and_back(unasked, "strong", start=START))

        assert let_in.location == "/account"
        assert await who_is(strong) == "strong@example.com"
        assert held.location == unseen.location == f"{FACTOR}?next=%2Faccount"
        assert (await person_in(wary, strong)).is_enrolling  # the same session, named no more
        async with resources_of(app).database.reading() as session:
            begun = select(AuditRow.details).where(AuditRow.event == "sign_in.succeeded")
            told = list(await session.scalars(begun.order_by(AuditRow.id)))
        assert [one.get("second_factor") for one in told] == ["example", None, None]


async def test_a_token_counts_as_long_as_the_provider_of_its_session_does(
    app: Quart, provided: Settings
) -> None:
    person, strict = await connected(app, "strong"), bound(provided, "everybody")
    wary, trustful = create_app(strict), create_app(trusting(strict))
    async with wary.test_app(), trustful.test_app():
        lin, typed = Browser(trustful), await sign_in(app, person.user)
        await lin.get(await there_and_back(lin, "strong", start=START))
        seen, unseen = [await token_of(one) for one in (lin, typed.client)]

        while_it_counts = [await judged(trustful, one) for one in (seen, unseen)]
        counted_no_more = await judged(wary, seen)
        where_nobody_has_to = await judged(app, unseen)

        assert while_it_counts == ["let in", REQUIRED]
        assert (counted_no_more, where_nobody_has_to) == (REQUIRED, "let in")
        async with resources_of(app).database.reading() as session:
            made = select(AuditRow.details).where(AuditRow.event == "api_token.created")
            told = list(await session.scalars(made.order_by(AuditRow.id)))
        assert [one.get("second_factor") for one in told] == ["example", None]


async def test_whoever_disconnects_the_provider_has_no_second_factor_with_it_any_more(
    app: Quart, provided: Settings
) -> None:
    person = await connected(app, "strong")
    trustful = create_app(trusting(bound(provided, "everybody")))
    async with trustful.test_app():
        lin = Browser(trustful)
        await lin.get(await there_and_back(lin, "strong", start=START))
        token = await token_of(lin)
        before = (await judged(trustful, token), await who_is(lin))

        await lin.post("/account/providers/example/unlink")
        after = (await judged(trustful, token), await who_is(lin))
        await connect(await sign_in(app, person.user), "lin")  # another account of the same one
        later = (await judged(trustful, token), await who_is(lin))

        assert before == ("let in", "lin@example.com")
        assert after == later == (REQUIRED, "")
        assert (await lin.get("/account")).location.startswith(FACTOR)
        anew = await set_up_here(lin)
        assert (anew, await judged(trustful, token)) == (200, "let in")


async def test_a_token_that_is_made_while_the_provider_is_disconnected_counts_for_nothing(
    app: Quart, provided: Settings
) -> None:
    person = await connected(app, "strong")
    trustful = create_app(trusting(bound(provided, "everybody")))
    async with trustful.test_app():
        lin = Browser(trustful)
        await lin.get(await there_and_back(lin, "strong", start=START))
        who = await person_in(trustful, lin)
        tokens = resources_of(trustful).identity.tokens

        async def make() -> str:
            return (await tokens.issue(who, name="Bot", scopes=["account:read"], days=7)).secret

        unlinking = asyncio.create_task(lin.post("/account/providers/example/unlink"))
        made = await asyncio.gather(*(make() for _ in range(8)))
        unlinked = await unlinking
        await connect(await sign_in(app, person.user), "lin")

        assert unlinked.location == "/account/providers"
        assert {await judged(trustful, secret) for secret in made} == {REQUIRED}


async def test_one_of_ours_is_asked_for_whatever_the_provider_saw(
    app: Quart, provided: Settings
) -> None:
    trustful = create_app(trusting(provided))
    async with trustful.test_app():
        strong, again = Browser(trustful), Browser(trustful)
        await strong.get(await there_and_back(strong, "strong"))
        who, factors = await person_in(trustful, strong), resources_of(trustful).identity.factors
        await factors.confirm(who, pyotp.TOTP(await factors.enrol(who)).now())

        asked = await again.get(await there_and_back(again, "strong"))

        assert "Enter your code" in await asked.get_data(as_text=True)
        assert await who_is(again) == ""
