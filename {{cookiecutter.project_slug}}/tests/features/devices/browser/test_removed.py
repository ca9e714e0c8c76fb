"""A device is removed while its page is open somewhere else."""

import pytest
from playwright.async_api import expect

from app.features.devices.schemas import RegisteredDevice
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]


async def test_an_open_page_says_at_once_that_its_device_was_removed(
    windows: Windows, barometer: RegisteredDevice, ada: Person
) -> None:
    page = await windows.open(ada, f"/devices/{barometer.device.id}")
    await page.wait_for_selector("[data-connection=live]")
    await page.fill("#desired", '{"interval_seconds": 5}')
    other = await page.context.new_page()
    await other.goto(page.url)

    await other.click("summary:has-text('Remove this device')")
    await other.get_by_role("button", name="Remove the device").click()
    await other.wait_for_url("**/devices")

    await expect(page.locator("#connection")).to_contain_text("This device was removed.")
    await expect(page.locator("main form :enabled")).to_have_count(0)
    await expect(page.locator("#desired")).to_have_value('{"interval_seconds": 5}')
    await page.locator("#connection").get_by_role("link", name="All devices").click()
    await page.wait_for_url("**/devices")
