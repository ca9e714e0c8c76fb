"""What is pressed twice on the page of a device is done once, and nothing is said to be wrong."""

import pytest
from playwright.async_api import expect

from app.features.devices.schemas import RegisteredDevice
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]


async def test_a_double_click_sends_one_command_and_saves_once(
    windows: Windows, barometer: RegisteredDevice, ada: Person
) -> None:
    address = f"/devices/{barometer.device.id}"
    page = await windows.open(ada, address)
    await page.wait_for_selector("[data-connection=live]")
    sent: list[str] = []
    page.on("request", lambda call: sent.append(call.method) if call.method != "GET" else None)

    await page.fill("#name", "restart")
    await page.locator("#command-form button").dblclick()
    await expect(page.locator("#name")).to_have_value("")
    await page.fill("#desired", '{"interval_seconds": 5}')
    await page.locator("#desired-form button").dblclick()
    await expect(page.locator("#delta")).to_have_text("The device has yet to follow")

    await expect(page.locator("#desired-error")).to_be_empty()
    assert sent == ["POST", "PUT"]
    listed = await (await ada.client.get(f"/api/v1{address}/commands")).get_json()
    assert [command["name"] for command in listed["items"]] == ["restart"]
