"""Two people in one room, each in a browser of their own."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from app.database import Database
from app.features.chat import rooms
from app.features.chat.schemas import Room
from tests.features.chat.browser import chat_page
from tests.patience import PATIENCE_SECONDS
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

# Shown for a few seconds only, which a slow machine may take to look.
NOTICE_GRACE = """() => {
    const line = document.getElementById("typing");
    globalThis.seen = new Promise((done) => {
        const look = () => line.textContent === "Grace is typing …" && done(true);
        new MutationObserver(look).observe(line, { childList: true });
    });
}"""
# The service has done what it was asked, and its answer is cut on the way.
CUT_ONE_ANSWER = """() => {
    const real = fetch;
    globalThis.fetch = async (address, options) => {
        const { status, headers } = await real(address, options);
        globalThis.fetch = real;
        const cut = new ReadableStream({ start: (told) => told.error(new TypeError("cut")) });
        return new Response(cut, { status, headers });
    };
}"""


async def test_they_see_each_others_messages_as_they_are_written(
    windows: Windows, harbour: Room, ada: Person, grace: Person
) -> None:
    adas, graces = await chat_page.open_both(windows, ada, grace, harbour)

    await chat_page.write(adas, "Ahoy, Grace")
    await chat_page.sees(graces, "Ahoy, Grace")
    await chat_page.write(graces, "Ahoy, Ada")
    await chat_page.sees(adas, "Ahoy, Ada")

    await chat_page.shows(adas, ["Ahoy, Grace", "Ahoy, Ada"])
    await chat_page.shows(graces, ["Ahoy, Grace", "Ahoy, Ada"])


async def test_they_see_who_is_here_and_who_is_typing(
    windows: Windows, harbour: Room, ada: Person, grace: Person
) -> None:
    adas, graces = await chat_page.open_both(windows, ada, grace, harbour)
    await expect(adas.locator("#people-count")).to_have_text("2 here")

    await adas.evaluate(NOTICE_GRACE)

    await graces.locator("#body").press_sequentially("On my w")

    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await adas.evaluate("seen")
    await expect(graces.locator("#typing")).to_have_text("")
    await graces.press("#body", "Enter")
    await expect(adas.locator("#typing")).to_have_text("")


async def test_what_is_written_without_a_network_arrives_once_when_it_is_back(
    windows: Windows, harbour: Room, ada: Person, grace: Person
) -> None:
    adas, graces = await chat_page.open_both(windows, ada, grace, harbour)
    await adas.context.set_offline(True)
    await chat_page.write(adas, "From the tunnel")
    await expect(adas.locator(".message--pending")).to_have_count(1)

    await adas.context.set_offline(False)

    await chat_page.sees(graces, "From the tunnel")
    await expect(adas.locator(".message--pending")).to_have_count(0)
    await adas.evaluate(CUT_ONE_ANSWER)
    await chat_page.write(adas, "And out of it")
    await chat_page.sees(graces, "And out of it")
    await chat_page.write(adas, "By daylight")
    await chat_page.sees(graces, "By daylight")
    await expect(adas.locator(".message--pending")).to_have_count(0)
    told = ["From the tunnel", "And out of it", "By daylight"]
    await chat_page.shows(adas, told)
    await chat_page.shows(graces, told)


async def test_what_waits_survives_a_reload_of_the_page(
    windows: Windows, harbour: Room, ada: Person, grace: Person
) -> None:
    adas, graces = await chat_page.open_both(windows, ada, grace, harbour)
    posts = "**/api/v1/chat/rooms/*/messages"
    await adas.route(posts, lambda route: route.abort())
    await chat_page.write(adas, "Before the reload")
    await expect(adas.locator(".message--pending")).to_have_count(1)

    await adas.unroute(posts)
    await adas.reload()

    await chat_page.sees(graces, "Before the reload")
    await expect(adas.locator(".message--pending")).to_have_count(0)
    await chat_page.shows(adas, ["Before the reload"])


async def test_what_a_proxy_answered_for_the_service_is_sent_again(
    windows: Windows, harbour: Room, ada: Person, grace: Person
) -> None:
    adas, graces = await chat_page.open_both(windows, ada, grace, harbour)
    posts = "**/api/v1/chat/rooms/*/messages"
    await adas.route(posts, lambda route: route.fulfill(body="<h1>Log in to this Wi-Fi</h1>"))
    await chat_page.write(adas, "From the hotel")
    await expect(adas.locator(".message--pending")).to_have_count(1)

    await adas.unroute(posts)

    await chat_page.sees(graces, "From the hotel")
    await expect(adas.locator(".message--pending")).to_have_count(0)


async def test_edits_and_deletions_reach_the_other(
    windows: Windows, harbour: Room, ada: Person, grace: Person
) -> None:
    adas, graces = await chat_page.open_both(windows, ada, grace, harbour)
    await chat_page.write(adas, "Ahoi")
    await chat_page.sees(graces, "Ahoi")

    await adas.press("#body", "ArrowUp")
    await adas.fill(".edit textarea", "Ahoy")
    await adas.press(".edit textarea", "Enter")
    await chat_page.sees(graces, "Ahoy")
    await adas.hover(".message")
    await adas.click(".message__menu")
    await adas.click('[data-do="delete"]')
    await adas.click("#delete-message .button--danger")

    await chat_page.sees(graces, "Message deleted")
    await chat_page.shows(graces, ["Message deleted"])


async def test_unread_messages_of_another_room_are_counted_as_they_come(
    windows: Windows, store: Database, harbour: Room, ada: Person, grace: Person
) -> None:
    other = await rooms.create_room(grace.principal, store, name="Elsewhere", is_private=False)
    graces = await chat_page.open_room(windows, grace, other)
    adas = await chat_page.open_room(windows, ada, harbour)
    badge = graces.locator(f'[data-room="{harbour.id}"] .badge')
    await expect(badge).to_be_hidden()

    await chat_page.write(adas, "One")
    await chat_page.write(adas, "Two")

    await expect(badge).to_contain_text("2")
    await graces.click(f'[data-room="{harbour.id}"] a')
    await expect(graces.locator(".divider")).to_have_count(1)


async def test_what_was_written_after_a_session_had_ended_is_there_after_signing_in(
    windows: Windows, harbour: Room, ada: Person
) -> None:
    page = await chat_page.open_room(windows, ada, harbour)
    cookies = await page.context.cookies()
    await page.context.clear_cookies()
    await chat_page.write(page, "Kept until I am back.")
    await expect(page.locator(".message__state")).to_contain_text("You are signed out")

    await page.context.add_cookies(cookies)  # type: ignore[arg-type] # as they were given
    await page.reload()

    await expect(page.locator(".message[data-id]", has_text="Kept until")).to_have_count(1)
    await expect(page.locator(".message")).to_have_count(1)


async def test_what_was_written_on_a_page_goes_out_as_nobody_else(
    windows: Windows, harbour: Room, ada: Person, grace: Person
) -> None:
    adas, graces = await chat_page.open_both(windows, ada, grace, harbour)
    cookies = await adas.context.cookies()
    others: Any = await graces.context.cookies()
    await adas.context.add_cookies(others)
    await chat_page.write(adas, "I am Ada.")
    await expect(adas.locator(".message__state")).to_contain_text("You are signed out")

    await adas.context.add_cookies(cookies)  # type: ignore[arg-type] # as they were given
    await adas.reload()

    await chat_page.sees(graces, "I am Ada.")
    await expect(graces.locator(".message__author")).to_have_text([ada.user.name])


async def test_what_was_discarded_does_not_come_back(
    windows: Windows, harbour: Room, ada: Person
) -> None:
    page = await chat_page.open_room(windows, ada, harbour)
    cookies = await page.context.cookies()
    await page.context.clear_cookies()
    await chat_page.write(page, "Better not.")
    await page.get_by_role("button", name="Discard").click()

    await page.context.add_cookies(cookies)  # type: ignore[arg-type] # as they were given
    await page.reload()
    await page.wait_for_selector('[data-connection="live"]')
    await chat_page.write(page, "Here again.")

    await chat_page.sees(page, "Here again.")
    await chat_page.shows(page, ["Here again."])
