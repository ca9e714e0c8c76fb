"""Choosing devices for a group: those that are shown, or all that match."""

import asyncio

import pytest
from playwright.async_api import Route
from playwright.async_api import expect

from app.database import Database
from app.settings import Settings
from tests.features.devices.browser.groups import make_group
from tests.features.devices.fleet.very_many import add_pumps
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

FLEET = 1_200
SOME = 8


async def test_all_that_match_are_put_into_a_group_and_the_page_says_how_many(
    windows: Windows, settings: Settings, database: Database, ada: Person
) -> None:
    await add_pumps(settings, ada, count=FLEET)
    group = await make_group(database, ada, "North")
    page = await windows.open(ada, f"{group}/add")
    every, chosen = page.locator("#choose-matching"), page.locator("#chosen-count")

    await page.get_by_text("All 50 shown").click()
    await expect(chosen).to_have_text("50 chosen")
    await page.get_by_text("All 1,200").click()
    await expect(chosen).to_have_text("All 1,200 are chosen")
    await page.fill("#tag", "north")
    await expect(chosen).to_have_text("None chosen")
    await expect(every).not_to_be_checked()
    await page.get_by_text("All 600 that match").click()
    await page.click("text=Show more")
    await expect(page.locator(".fleet__row input:checked")).to_have_count(100)
    await expect(chosen).to_have_text("All 600 that match are chosen")
    await page.click("text=Put in")

    await expect(page.locator("h1 + p")).to_have_text("600 devices")


async def test_what_is_chosen_while_an_answer_is_on_its_way_stays_chosen(
    windows: Windows, settings: Settings, database: Database, ada: Person
) -> None:
    await add_pumps(settings, ada, count=SOME)
    group = await make_group(database, ada, "North")
    page = await windows.open(ada, f"{group}/add")
    asked: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/api/v1/devices?*", asked.put)

    await page.fill("#q", "00003")
    held = await asked.get()
    await page.get_by_text(f"All {SOME} shown").click()
    chosen = page.get_by_role("checkbox", name="Choose Pump 00003")
    await chosen.focus()
    await held.continue_()

    await expect(page.locator(".fleet__row")).to_have_count(1)
    await expect(page.locator("#chosen-count")).to_have_text("1 chosen")
    await expect(chosen).to_be_focused()
