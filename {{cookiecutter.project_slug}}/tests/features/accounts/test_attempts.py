"""Guessing passwords: few tries for the account and for the address, over all processes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from quart import Quart

from app.factory import create_app
from app.identity.signing_in.known_devices import SECONDS
from app.identity.signing_in.known_devices import KnownDevices
from app.resources import resources_of
from app.settings import Settings
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person

SIGN_IN = "/api/v1/accounts/sign-in"
OWNER, ATTACKER = "192.0.2.7", "198.51.100.1"
THREE_MINUTES_SECONDS = 180
AT_ONCE = 20
TRIES = pytest.mark.parametrize("tries", [200, pytest.param(1_000, marks=pytest.mark.soak)])


@pytest.fixture
async def other_app(app: Quart, settings: Settings) -> AsyncIterator[Quart]:
    other = create_app(settings)
    async with other.test_app():
        yield other


async def guess(
    app: Quart,
    email: str,
    place: str,
    password: str = "a guess",
    *,
    browser: Browser | None = None,
) -> int:
    """Tries to sign in; returns the status."""
    body = {"email": email, "password": password}
    scope = {"client": (place, 4_711)}
    response = await (browser or Browser(app)).post(SIGN_IN, json=body, scope_base=scope)
    if response.status_code == 429:
        assert 0 < int(response.headers["Retry-After"]) <= THREE_MINUTES_SECONDS
    return int(response.status_code)


async def known_browser(app: Quart, email: str) -> Browser:
    """Returns a browser in which somebody has signed in before, and signed out again."""
    browser = Browser(app)
    assert await guess(app, email, OWNER, PASSWORD, browser=browser) == 200
    assert (await browser.post("/api/v1/accounts/sign-out")).status_code == 204
    return browser


async def flood(apps: list[Quart], email: str, places: list[str]) -> Counter[int]:
    """Tries once from each place, at the processes by turns; returns how often what came."""
    told: Counter[int] = Counter()
    for start in range(0, len(places), AT_ONCE):
        tries = enumerate(places[start : start + AT_ONCE])
        told.update(
            await asyncio.gather(
                *(guess(apps[number % len(apps)], email, place) for number, place in tries)
            )
        )
    return told


@TRIES
async def test_of_many_guesses_from_one_address_few_are_looked_at_and_the_owner_gets_in(
    app: Quart, other_app: Quart, ada: Person, tries: int
) -> None:
    begun = [resources_of(one).identity.passwords.begun for one in (app, other_app)]

    told = await flood([app, other_app], ada.user.email, [ATTACKER] * tries)

    hashed = [resources_of(one).identity.passwords.begun for one in (app, other_app)]
    assert told == {401: 5, 429: tries - 5}
    assert sum(hashed) - sum(begun) == 5
    assert await guess(app, ada.user.email, OWNER, PASSWORD) == 200


@TRIES
async def test_of_many_guesses_from_two_hundred_addresses_ten_are_looked_at(
    app: Quart, other_app: Quart, ada: Person, tries: int
) -> None:
    places = [f"203.0.113.{number % 200}" for number in range(tries)]

    told = await flood([app, other_app], ada.user.email, places)

    assert told == {401: 10, 429: tries - 10}


async def test_guesses_at_many_accounts_from_one_address_end_after_ten(
    app: Quart, other_app: Quart
) -> None:
    tries = [
        await guess((app, other_app)[number % 2], f"p{number}@example.com", ATTACKER)
        for number in range(12)
    ]

    assert tries == [401] * 10 + [429] * 2


async def test_a_limit_for_the_account_alone_would_lock_the_owner_out(
    app: Quart, ada: Person
) -> None:
    """What a single attacker could do without the limit for both: use up all of the account's."""
    limiter = app.extensions["limiter"]
    for _ in range(10):
        await limiter.spend("10/3minutes", "naive", ada.user.email)

    with pytest.raises(Exception, match="allowed"):
        await limiter.spend("10/3minutes", "naive", ada.user.email)


async def test_guesses_from_many_addresses_shut_strangers_out_and_not_the_owner_s_browser(
    app: Quart, other_app: Quart, ada: Person
) -> None:
    email = ada.user.email
    browser = await known_browser(app, email)

    told = await flood([app, other_app], email, [f"203.0.113.{number}" for number in range(15)])

    assert told == {401: 9, 429: 6}  # the owner has used one
    assert await guess(app, email, "192.0.2.99", PASSWORD) == 429, "a browser that is not known"
    assert await guess(app, email, OWNER, PASSWORD, browser=browser) == 200
    assert await guess(other_app, email, "192.0.2.8", PASSWORD, browser=browser) == 200


async def test_a_known_browser_has_ten_attempts_too_and_no_more_by_signing_in_again(
    app: Quart, ada: Person
) -> None:
    browser = await known_browser(app, ada.user.email)
    assert await guess(app, ada.user.email, OWNER, PASSWORD, browser=browser) == 200
    places = [f"203.0.113.{number}" for number in range(12)]

    told = [await guess(app, ada.user.email, place, browser=browser) for place in places]

    assert told == [401] * 9 + [429] * 3


async def test_a_token_that_is_altered_or_too_old_is_none(settings: Settings) -> None:
    now = 1_000_000.0
    devices = KnownDevices(settings.identity.secret_keys, now=lambda: now)
    token = devices.vouch("ada@example.com")
    assert token is not None
    device = devices.recognise(token, " ADA@example.com")
    altered = [token[:-4] + "AAA=", token[4:], "", "\u00e4", "A" * 80, "A" * 300]

    assert device is not None
    assert [devices.recognise(one, "ada@example.com") for one in altered] == [None] * 6
    assert devices.recognise(token, "grace@example.com") is None
    assert (
        devices.recognise(devices.vouch("ada@example.com", brought=token) or "", "ada@example.com")
        == device
    )
    now += SECONDS
    assert devices.recognise(token, "ada@example.com") is None
    assert KnownDevices("").vouch("ada@example.com") is None
