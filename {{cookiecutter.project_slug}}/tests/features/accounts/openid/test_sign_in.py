"""Signing in with a provider: the way there and back, and what it may not do."""

from urllib.parse import parse_qs
from urllib.parse import urlsplit

import pytest
from quart import Quart
from sqlalchemy import text

from app.database import Database
from app.resources import resources_of
from tests.features.accounts.openid.visits import CALLBACK
from tests.features.accounts.openid.visits import consent
from tests.features.accounts.openid.visits import person_in
from tests.features.accounts.openid.visits import there_and_back
from tests.features.accounts.openid.visits import who_is
from tests.people import Browser
from tests.people import join
from tests.people import sign_in
from tests.phones import phone_of

# The provider of the tests says so while it answers.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


async def test_a_newcomer_joins_goes_where_they_were_heading_and_comes_again(app: Quart) -> None:
    browser = Browser(app)
    page = await (await browser.get("/sign-in?next=/account")).get_data(as_text=True)
    back = await there_and_back(browser, "lin", start="/sign-in/with/example?next=%2Faccount")

    landed = await browser.get(back)
    first = await who_is(browser)
    again = Browser(app)
    await again.get(await there_and_back(again, "lin"))

    assert 'href="/sign-in/with/example?next=%2Faccount"' in page
    assert (landed.status_code, landed.headers["Location"]) == (303, "/account")
    assert first == "lin@example.com"
    assert await who_is(again) == "lin@example.com"


async def test_the_request_has_a_state_a_nonce_and_a_challenge(app: Quart) -> None:
    left = await Browser(app).get("/sign-in/with/example")

    asked = parse_qs(urlsplit(left.headers["Location"]).query)
    cookie = left.headers["Set-Cookie"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert asked["response_type"] == ["code"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_no_refresh_token_is_asked_for_and_none_is_kept(
    app: Quart, database: Database
) -> None:
    browser = Browser(app)
    left = await browser.get("/sign-in/with/example")
    scope = parse_qs(urlsplit(left.headers["Location"]).query)["scope"]
    await browser.get(
        await consent(left.headers["Location"], "lin")
    )  # which gives one all the same

    async with database.reading() as session:
        kept = "SELECT array(SELECT jsonb_object_keys(to_jsonb(one))) FROM openid_links AS one"
        link = await session.scalar(text(kept))
        flows = await session.scalar(text("SELECT count(*) FROM openid_flows"))
    assert scope == ["openid email profile"]
    assert set(link) == {"provider", "subject", "user_id", "email", "created_at"}
    assert flows == 0


async def test_a_way_back_is_taken_once(app: Quart) -> None:
    browser = Browser(app)
    back = await there_and_back(browser, "lin")
    await browser.get(back)
    await browser.post("/sign-out")

    again = await browser.get(back)

    assert again.status_code == 401
    assert await who_is(browser) == ""


@pytest.mark.parametrize("change", ["state=x", "state=", "code=x", "error=access_denied"])
async def test_a_way_back_that_is_not_right_leads_nowhere(app: Quart, change: str) -> None:
    browser = Browser(app)
    query = parse_qs(urlsplit(await there_and_back(browser, "lin")).query)
    name, _, value = change.partition("=")
    query[name] = [value]

    refused = await browser.get(CALLBACK, query_string={key: one[0] for key, one in query.items()})

    assert refused.status_code == 401
    assert await who_is(browser) == ""


async def test_a_way_back_in_another_browser_signs_nobody_in(app: Quart) -> None:
    back = await there_and_back(Browser(app), "lin")
    victim = Browser(app)

    refused = await victim.get(back)

    assert refused.status_code == 401
    assert await who_is(victim) == ""


@pytest.mark.parametrize("sub", ["loose", "bare"])
async def test_an_address_that_nobody_verified_is_not_taken_over(app: Quart, sub: str) -> None:
    browser = Browser(app)

    refused = await browser.get(await there_and_back(browser, sub))

    assert refused.status_code == 403
    assert "not verified" in await refused.get_data(as_text=True)
    assert await who_is(browser) == ""


async def test_an_account_is_not_joined_by_its_address_but_by_its_owner(app: Quart) -> None:
    lin = await join(app, "Lin")
    stranger = Browser(app)

    refused = await stranger.get(await there_and_back(stranger, "lin"))
    page = await (await lin.client.post("/account/providers/example/link")).get_data(as_text=True)
    url = page.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    connected = await lin.client.get(await consent(url, "lin"))
    await stranger.get(await there_and_back(stranger, "lin"))

    assert refused.status_code == 409
    assert (connected.status_code, connected.headers["Location"]) == (303, "/account/providers")
    assert await who_is(stranger) == "lin@example.com"
    shown = await (await lin.client.get("/account/providers")).get_data(as_text=True)
    assert "Connected as lin@example.com" in shown


async def test_an_account_elsewhere_signs_in_one_person_only(app: Quart) -> None:
    other, lin = Browser(app), await join(app, "Lin")
    await other.get(await there_and_back(other, "other"))
    page = await (await lin.client.post("/account/providers/example/link")).get_data(as_text=True)
    url = page.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")

    refused = await lin.client.get(await consent(url, "other"))

    assert refused.status_code == 409
    assert await who_is(lin.client) == "lin@example.com"


async def test_the_only_way_in_stays_and_another_may_go(app: Quart) -> None:
    newcomer = Browser(app)
    await newcomer.get(await there_and_back(newcomer, "other"))

    refused = await newcomer.post("/account/providers/example/unlink")

    assert refused.status_code == 409
    assert "only way in" in await refused.get_data(as_text=True)


async def test_the_provider_proves_again_who_somebody_is(app: Quart) -> None:
    newcomer = Browser(app)
    await newcomer.get(await there_and_back(newcomer, "other"))
    start = "/account/providers/example/prove?next=%2Faccount"

    right = await newcomer.get(await there_and_back(newcomer, "other", start=start))
    wrong = await newcomer.get(await there_and_back(newcomer, "lin", start=start))

    assert (right.status_code, right.headers["Location"]) == (303, "/account")
    assert wrong.status_code == 403


async def test_who_is_disabled_does_not_come_in_through_a_provider(app: Quart) -> None:
    identity = resources_of(app).identity
    root, browser = await join(app, "Root", is_admin=True), Browser(app)
    await browser.get(await there_and_back(browser, "lin"))
    lin = await identity.people.find_by_email(root.principal, "lin@example.com")
    await identity.people.disable(root.principal, lin.id)

    refused = await browser.get(await there_and_back(browser, "lin"))

    assert refused.status_code == 403
    assert await who_is(browser) == ""


async def test_a_provider_that_is_away_leaves_the_others_alone(app: Quart) -> None:
    lin = await join(app, "Lin")

    away = await Browser(app).get("/sign-in/with/gone")
    unknown = await Browser(app).get("/sign-in/with/nobody")

    assert (away.status_code, unknown.status_code) == (503, 404)
    assert await who_is((await sign_in(app, lin.user)).client) == "lin@example.com"


async def test_somebody_who_has_no_password_signs_in_with_none(app: Quart) -> None:
    newcomer = Browser(app)
    await newcomer.get(await there_and_back(newcomer, "lin"))
    path = "/api/v1/accounts/sign-in"

    tries = [
        await Browser(app).post(path, json={"email": "lin@example.com", "password": password})
        for password in ("", "!", "None")
    ]

    assert {answer.status_code for answer in tries} == {401}


async def test_a_provider_does_not_stand_in_for_the_second_factor(app: Quart) -> None:
    visitor = Browser(app)
    await visitor.get(await there_and_back(visitor, "lin"))
    identity = resources_of(app).identity
    user = await identity.find_user((await person_in(app, visitor)).own_id)
    assert user is not None
    lin = await sign_in(app, user)
    await phone_of(app, lin.principal)

    again = Browser(app)
    asked = await again.get(await there_and_back(again, "lin"))

    assert "Enter your code" in await asked.get_data(as_text=True)
    assert not (await person_in(app, again)).is_signed_in
