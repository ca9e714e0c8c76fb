"""A form is sent once, however often its button is pressed before there is an answer."""

import asyncio
import re

import pytest
from playwright.async_api import Route
from playwright.async_api import expect

from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

NEW_TOKEN = "/account/tokens/new"


async def test_a_button_that_is_pressed_twice_does_it_once(windows: Windows, ada: Person) -> None:
    page = await windows.open(ada, NEW_TOKEN)
    done, told = asyncio.Event(), asyncio.Event()

    async def answer_late(route: Route) -> None:
        if route.request.method != "POST" or done.is_set():
            await route.continue_()
            return
        answer = await route.fetch()
        done.set()
        await told.wait()
        await route.fulfill(response=answer)

    await page.route(f"**{NEW_TOKEN}", answer_late)
    await page.fill("#name", "Harbour bot")
    await page.locator("main input[type=checkbox]").first.check()
    make = page.locator("main form button")
    await make.scroll_into_view_if_needed()
    box = await make.bounding_box()
    assert box is not None
    at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.click(*at)
    await done.wait()
    await page.mouse.click(*at)
    told.set()

    await expect(page.get_by_text("it is not shown again")).to_be_visible()
    tokens = await (await ada.client.get("/api/v1/accounts/tokens")).get_json()
    assert len(tokens["items"]) == 1


async def test_whoever_was_signed_out_meanwhile_gets_back_to_the_form(
    windows: Windows, ada: Person
) -> None:
    page = await windows.open(ada, NEW_TOKEN)
    await page.context.clear_cookies()
    await page.fill("#name", "Harbour bot")
    await page.locator("main input[type=checkbox]").first.check()

    await page.locator("main form button").click()

    await expect(page).to_have_url(re.compile(r"/sign-in\?next=%2Faccount%2Ftokens%2Fnew$"))
