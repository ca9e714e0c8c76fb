"""Where a second factor is a must: held until it is set up, and another phone, by keyboard."""

from collections.abc import AsyncIterator

import pyotp
import pytest
from playwright.async_api import Page
from playwright.async_api import expect
from quart import Quart
from redis.asyncio import Redis

from app.database import Database
from app.factory import create_app
from app.settings import Settings
from tests.features.accounts.test_required_factor import bound
from tests.keyboard import press
from tests.keyboard import write
from tests.looking import look
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.usefixtures("live_server")]

FACTOR = "/account/second-factor"


@pytest.fixture
async def app(settings: Settings, database: Database, redis: Redis) -> AsyncIterator[Quart]:
    """Yields the application where everybody has to have a second factor."""
    created = create_app(bound(settings, "everybody"))
    async with created.test_app():
        yield created


async def code_on(page: Page) -> str:
    """Returns the code of the app that has just taken the key on the page."""
    key = await page.locator(".account__key").inner_text()
    return pyotp.TOTP(key.replace(" ", "")).now()


async def test_whoever_is_held_gets_on_and_changes_phones_without_a_mouse(
    windows: Windows, ada: Person
) -> None:
    page = await windows.open(ada, "/account", reduced_motion="reduce")
    await write(page, {"Enter the code": "000000"})
    await press(page, "Switch on and continue", leads_to="Set up a second factor")
    await expect(page.get_by_label("Enter the code")).to_be_focused()
    wrong = await look(page, "held-wrong")
    await write(page, {"Enter the code": await code_on(page)})
    await press(page, "Switch on and continue", leads_to="Your recovery codes")
    await press(page, "I have kept them", leads_to="Ada")

    await page.goto(FACTOR)
    wrong += await look(page, "bound")
    await press(page, "Set up another phone", leads_to="Set up another phone")
    await write(page, {"Enter the code": "000000"})
    await press(page, "Change phone", leads_to="Set up another phone")
    await expect(page.get_by_label("Enter the code")).to_be_focused()
    wrong += await look(page, "phone-wrong")
    await write(page, {"Enter the code": await code_on(page)})
    await press(page, "Change phone", leads_to="Your recovery codes")
    await expect(page.get_by_role("status")).to_contain_text("Your new phone is in use")

    assert not wrong, "\n".join(wrong)
