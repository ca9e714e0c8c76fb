"""How the pages look, light and dark, on a phone and a desk; SCREENSHOTS names a folder for it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import Page
from playwright.async_api import ViewportSize
from playwright.async_api import expect
from quart import Quart

from app.features.chat import demo
from app.resources import resources_of
from tests.features.chat.browser import chat_page
from tests.looking import unprintable
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
LOOKS = [(scheme, size) for scheme in ("light", "dark") for size in (PHONE, DESK)]


@pytest.mark.parametrize(("scheme", "size"), LOOKS)
async def test_a_room_fits_the_window_and_can_be_pictured(
    windows: Windows,
    app: Quart,
    ada: Person,
    grace: Person,
    picture: Callable[[str], Path],
    scheme: str,
    size: ViewportSize,
) -> None:
    await demo.add_rooms(resources_of(app).database)
    look = f"{scheme}-{size['width']}"
    options = {"viewport": size, "color_scheme": scheme, "has_touch": size == PHONE}
    page = await windows.open(ada, "/chat", **options)
    await expect(page.locator("[data-connection=live]")).to_have_count(1)
    await page.screenshot(path=picture(f"chat-rooms-{look}"))
    assert await unprintable(page) == []

    await page.click("text=Harbour")
    graces = await windows.open(grace, page.url)
    await expect(page.locator("#people-count")).to_have_text("2 here")
    await chat_page.go_on_typing(graces)
    await expect(page.locator("#typing")).to_have_text("Grace is typing …")
    await page.screenshot(path=picture(f"chat-room-{look}"))

    assert not await overflows(page)
    assert await unprintable(page) == []


async def overflows(page: Page) -> bool:
    """Tells whether the page is wider or taller than its window."""
    script = "({ scrollWidth: w, scrollHeight: h }) => w > innerWidth || h > innerHeight"
    root = await page.evaluate_handle("document.documentElement")
    return bool(await page.evaluate(script, root))
