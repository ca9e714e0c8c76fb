"""Where somebody goes after signing in: on this site, whatever the form says (W20)."""

from html import unescape
from urllib.parse import urlencode

import pytest
from quart import Quart
from redis.asyncio import Redis
from sqlalchemy import update

from app.features.accounts.next_page import safe_next
from app.identity.mail_links.tables import SignUpRow
from app.resources import resources_of
from tests.letters import next_letter
from tests.letters import token_in
from tests.people import PASSWORD
from tests.people import Browser
from tests.people import Person

LIN = {"email": "lin@example.com", "name": "Lin", "password": PASSWORD}


@pytest.mark.parametrize(
    "wanted",
    [
        "/harbour",
        "/harbour/7?before=3&x=%2F",
        "/accounts/sessions#this",
        "/%5cevil.example",
        "/a//b",
        "/a:b@c",
    ],
)
def test_a_path_of_this_site_is_where_people_go(wanted: str) -> None:
    assert safe_next(wanted) == wanted


ELSEWHERE: list[str | None] = [
    None,
    "",
    "chat",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/harbour\\..",
    "https://evil.example",
    "https:evil.example",
    "HTTPS://evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "/\x00/evil.example",
    "\t//evil.example",
    " //evil.example",
    " /harbour",
    "/harbour\r\nSet-Cookie: session=x",
    "@evil.example",
    "127.0.0.1@evil.example",
    ".evil.example",
    "/\u2028/evil.example",
    "/\u00ad/evil.example",
    "?next=//evil.example",
    "#//evil.example",
    "/\ud800",
    "https:/\\evil.example",
    "//evil.example/%2e%2e",
    "///\\evil.example",
    "/\x7f/evil.example",
    "/\u2066//evil.example",
    "//127.0.0.1@evil.example",
    "//[::1]@evil.example",
    "////evil.example//",
    "http:///evil.example",
    "\u3000//evil.example",
]


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_whatever_could_lead_elsewhere_leads_home(wanted: str | None) -> None:
    assert safe_next(wanted) == "/"


def test_there_are_forty_ways_to_try() -> None:
    assert len(set(ELSEWHERE)) == 40


def test_a_path_that_is_longer_than_any_of_ours_leads_home() -> None:
    assert safe_next("/" + "a" * 1_999) != "/"
    assert safe_next("/" + "a" * 2_000) == "/"


async def test_none_of_them_leads_a_person_away(app: Quart, ada: Person, redis: Redis) -> None:
    led_to: set[str] = set()
    for wanted in ELSEWHERE[2:34:4]:  # each takes a password
        await redis.flushall()  # so many attempts in a row are too many
        form = {"email": "ada@example.com", "password": PASSWORD, "next": wanted or ""}
        encoded = urlencode(form).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await Browser(app).post("/sign-in", data=encoded, headers=headers)
        led_to.add(answer.location)

    assert led_to == {"/"}


async def test_who_joins_goes_where_they_were_heading(app: Quart) -> None:
    browser = Browser(app)
    sent_away = await browser.get("/account/tokens?x=1&y=2")
    sign_in = await (await browser.get(sent_away.location)).get_data(as_text=True)
    link = sign_in.partition('href="/sign-up')[2].partition('"')[0]
    sign_up = await (await browser.get(f"/sign-up{unescape(link)}")).get_data(as_text=True)
    form = {**LIN, "next": "/account/tokens?x=1&y=2"}

    mistaken = await browser.post("/sign-up", form={**form, "password": "short"})
    sent = await (await browser.post("/sign-up", form=form)).get_data(as_text=True)
    again = await browser.post("/sign-up/again", form={"email": LIN["email"], "next": form["next"]})
    letter = await next_letter(app, LIN["email"])
    form = {"token": token_in(letter), "password": PASSWORD}
    wrong = await browser.post("/sign-up/confirm", form={**form, "password": "another one"})
    confirmed = await browser.post("/sign-up/confirm", form=form)

    hidden = 'name="next" value="/account/tokens?x=1&amp;y=2"'
    assert hidden in sign_up
    assert hidden in await mistaken.get_data(as_text=True)
    assert hidden in sent
    assert hidden in await again.get_data(as_text=True)
    assert "tokens" not in letter.text + letter.html
    assert wrong.status_code == 401
    assert (confirmed.status_code, confirmed.location) == (303, "/account/tokens?x=1&y=2")


async def test_nobody_who_joins_is_led_away(app: Quart, redis: Redis) -> None:
    led_to: set[str] = set()
    for number, wanted in enumerate(ELSEWHERE[3:34:6]):
        await redis.flushall()
        email = f"lin{number}@example.com"
        form = {**LIN, "email": email, "next": wanted or ""}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        await Browser(app).post("/sign-up", data=urlencode(form).encode(), headers=headers)
        proof = {"token": token_in(await next_letter(app, email)), "password": PASSWORD}
        led_to.add((await Browser(app).post("/sign-up/confirm", form=proof)).location)

    assert led_to == {"/"}


async def test_a_goal_that_the_database_brings_is_judged_once_more(app: Quart) -> None:
    browser, resources = Browser(app), resources_of(app)
    await browser.post("/sign-up", form=LIN)
    proof = {"token": token_in(await next_letter(app, LIN["email"])), "password": PASSWORD}
    async with resources.database.transaction() as work:
        await work.session.execute(update(SignUpRow).values(goal="//evil.example"))

    assert (await browser.post("/sign-up/confirm", form=proof)).location == "/"
