"""Names of devices and groups from right to left: each in its place, and by itself."""

import pytest
from playwright.async_api import expect

from app.database import Database
from app.features.devices.schemas import NewDevice
from app.features.devices.service import Devices
from tests.features.devices.browser.groups import make_group
from tests.looking import misread
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

NAME = "משאבה (2) North"


async def test_names_from_right_to_left_stand_where_others_do(
    windows: Windows, devices: Devices, database: Database, ada: Person
) -> None:
    made = await devices.register(ada.principal, NewDevice(name=NAME))
    group = await make_group(database, ada, NAME, made.device.id)
    paths = ("/devices", f"/devices/{made.device.id}", "/devices/groups", group, f"{group}/add")
    page = await windows.open(ada, "/devices")
    wrong = []

    for number, path in enumerate(paths):
        await page.goto(path)
        wrong += await misread(page, f"names-devices-{number}")
    await page.goto("/devices")
    await page.fill("#q", "South")
    await expect(page.locator(".fleet__row")).to_have_count(0)
    await page.fill("#q", "North")  # now it is the script that shows it
    await expect(page.locator(".fleet__row")).to_have_count(1)
    wrong += await misread(page, "names-devices-found")

    assert not wrong, "\n".join(wrong)
