"""A session ends while a dashboard is open, and the same person signs in again."""

import pytest
from playwright.async_api import expect
from quart import Quart

from app.resources import resources_of
from tests.features.dashboards.boards.test_routes import made
from tests.people import Person
from tests.people import sign_in
from tests.windows import Windows
from tests.windows import become

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server", "browser_files")]

SOMEBODY_LOOKS = "dispatchEvent(new Event('focus'))"


async def test_a_dashboard_offers_to_sign_in_and_goes_on_once_one_has(
    windows: Windows, app: Quart, ada: Person
) -> None:
    board = await made(ada)
    page = await windows.open(ada, f"/dashboards/boards/{board['id']}")
    shown = page.locator("#board")
    await expect(shown).to_have_attribute("data-state", "live")

    await resources_of(app).identity.sessions.endings.end(ada.principal)

    way = page.locator("#signed-in").get_by_role("link", name="Sign in")
    await expect(way).to_have_attribute(
        "href", f"/sign-in?next=%2Fdashboards%2Fboards%2F{board['id']}"
    )
    await become(page.context, await sign_in(app, ada.user), page.url)
    await page.evaluate(SOMEBODY_LOOKS)
    await expect(shown).to_have_attribute("data-state", "live")
    await expect(page.locator("#signed-in")).to_have_count(0)
