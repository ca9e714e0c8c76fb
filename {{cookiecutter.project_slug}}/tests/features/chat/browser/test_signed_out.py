"""A session ends while chat is open, and somebody signs in again."""

import pytest
from playwright.async_api import Page
from playwright.async_api import expect
from quart import Quart

from app.features.chat.schemas import Room
from app.resources import resources_of
from tests.features.chat.browser import chat_page
from tests.people import Person
from tests.people import sign_in
from tests.windows import Windows
from tests.windows import become

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

SOMEBODY_LOOKS = "dispatchEvent(new Event('focus'))"


async def end_session(app: Quart, person: Person) -> None:
    """Ends the session of somebody, as they do on another device."""
    await resources_of(app).identity.sessions.endings.end(person.principal)


async def come_back(page: Page, person: Person) -> None:
    """Signs somebody in in another tab, and looks at this one again."""
    await become(page.context, person, page.url)
    await page.evaluate(SOMEBODY_LOOKS)


async def test_chat_without_a_room_says_at_once_that_one_was_signed_out(
    windows: Windows, app: Quart, ada: Person
) -> None:
    page = await windows.open(ada, "/chat")
    await page.wait_for_selector('[data-connection="live"]')

    await end_session(app, ada)

    await expect(page.locator("#signed-in")).to_contain_text("You are signed out.")


async def test_a_room_goes_on_by_itself_when_the_same_person_is_back(
    windows: Windows, app: Quart, harbour: Room, ada: Person
) -> None:
    page = await chat_page.open_room(windows, ada, harbour)
    await page.evaluate("window.isTheSame = true")
    await end_session(app, ada)
    await expect(page.locator("#signed-in")).to_be_visible()
    await chat_page.write(page, "Kept until I am back.")
    await expect(page.locator(".message__state")).to_contain_text("You are signed out")
    await page.fill("#body", "Still being written")

    await come_back(page, await sign_in(app, ada.user))

    await chat_page.shows(page, ["Kept until I am back."])
    await expect(page.locator('[data-connection="live"]')).to_have_count(1)
    await expect(page.locator("#signed-in")).to_have_count(0)
    await expect(page.locator("#body")).to_have_value("Still being written")
    assert await page.evaluate("window.isTheSame")


async def test_a_room_of_ada_does_not_go_on_as_grace(
    windows: Windows, app: Quart, harbour: Room, ada: Person, grace: Person
) -> None:
    page = await chat_page.open_room(windows, ada, harbour)
    async with page.expect_websocket() as opened:
        await page.reload()
    address = (await opened.value).url
    await page.wait_for_selector('[data-connection="live"]')
    await end_session(app, ada)

    await come_back(page, grace)

    await expect(page.locator("#signed-in")).to_contain_text("Somebody else is signed in now.")
    await expect(page.locator('[data-connection="stopped"]')).to_have_count(1)
    assert f"signed-in-as={ada.user.id}" in address
