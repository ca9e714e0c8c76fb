"""What a person sees of a fleet; SHOTS names a folder for pictures of every page."""

import re

import pytest
from playwright.async_api import Page
from playwright.async_api import expect
from quart import Quart
from sqlalchemy import text

from app.database import Database
from app.features.devices.schemas import NewDevice
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.service import Devices
from app.settings import Settings
from tests import looking
from tests.features.devices.browser.groups import make_group
from tests.features.devices.conftest import Connect
from tests.features.devices.fleet.processes import Process
from tests.features.devices.fleet.very_many import add_pumps
from tests.keyboard import press
from tests.keyboard import strike
from tests.keyboard import tab_to
from tests.keyboard import write
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

FLEET = 1_200
SOME = 8
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 2
LONG_TAGS = [letter * 40 for letter in "nose"]
GROUPS = 12
AWAY_MS = 120_000
# One in each state that a command can be in.
COMMANDS = text("""
    INSERT INTO devices_commands
        (id, device_id, name, arguments, state, timeout_seconds, expires_at, ends_at, result)
    SELECT gen_random_uuid(), :device, 'restart', '{"in_seconds": 3}', state, 30,
           now() + interval '300 s', now() + interval '300 s',
           CASE WHEN state = 'failed' THEN '{"reason": "the door is open"}'::jsonb END
    FROM unnest(ARRAY['queued', 'sent', 'acknowledged', 'failed', 'timed_out', 'expired']) AS state
""")


async def test_a_fleet_is_searched_and_paged_without_loading_the_page_again(
    windows: Windows, app: Quart, settings: Settings, devices: Devices, ada: Person
) -> None:
    await add_pumps(settings, ada, count=FLEET)
    page = await windows.open(ada, "/devices")
    rows = page.locator(".fleet__row")
    await expect(rows).to_have_count(50)
    await page.evaluate("window.isTheSame = true")
    await expect(page.locator("#counts")).to_have_text("1,200 registered, 120 online")
    made = await devices.register(ada.principal, NewDevice(name="Pipe"))
    await Process(app, made.device.id).sightings.look()
    await expect(page.locator("#counts")).to_have_text("1,201 registered, 121 online")

    await page.click("text=Show more")
    await expect(rows).to_have_count(100)
    await page.fill("#q", "pump 0011")
    await expect(rows).to_have_count(11)
    await page.fill("#tag", "north")
    await expect(rows).to_have_count(6)
    await expect(page).to_have_url(re.compile(r"\?q=pump\+0011&tag=north$"))
    await page.fill("#q", "there is none")
    await expect(page.locator("#none")).to_be_visible()

    await page.context.set_offline(True)
    await page.fill("#q", "pump")
    await expect(page.locator("#error")).to_have_text("The service cannot be reached.")
    await expect(page.locator("#none")).to_be_hidden()
    await expect(page.locator("#connection")).to_contain_text("offline", timeout=AWAY_MS)
    await page.context.set_offline(False)
    await expect(page.locator("#connection")).to_be_hidden(timeout=AWAY_MS)
    await expect(page.locator("#error")).to_be_hidden(timeout=AWAY_MS)
    await expect(rows).to_have_count(50)
    await page.fill("#q", "there is none")
    await expect(page.locator("#none")).to_be_visible()
    assert await page.evaluate("window.isTheSame")
    await page.reload()
    await expect(page.locator("#none")).to_be_visible()


async def test_without_scripts_links_and_forms_do_the_same(
    windows: Windows, settings: Settings, database: Database, ada: Person
) -> None:
    await add_pumps(settings, ada, count=120)
    group = await make_group(database, ada, "North")
    page = await windows.open(ada, "/devices", java_script_enabled=False)
    rows = page.locator(".fleet__row")

    first = await rows.first.locator(".fleet__name").text_content()
    await page.click("text=Show more")
    second = await rows.first.locator(".fleet__name").text_content()
    await page.fill("#q", "pump 0011")
    await page.click("text=Search")
    assert first != second
    await expect(rows).to_have_count(11)

    await page.goto(f"{group}/add")
    await page.fill("#q", "0011")
    await page.click("text=Search")
    await rows.first.get_by_role("checkbox").check()
    await page.click("text=Put in")
    await expect(page).to_have_url(re.compile(f"{group}$"))
    await expect(rows).to_have_count(1)


async def test_a_device_comes_and_goes_before_the_eyes_of_its_owner(
    windows: Windows, connected: Connect, barometer: RegisteredDevice, ada: Person
) -> None:
    page = await windows.open(ada, "/devices")
    word = page.locator(".fleet__word").first
    await expect(word).to_have_text("Offline")

    async with connected(barometer.token) as socket:
        topic = f"orders:{barometer.device.id}"
        await socket.hello({"topic": topic, "presence": True})
        await expect(word).to_have_text("Online")

    await expect(word).to_have_text("Offline", timeout=AWAY_MS)


async def test_groups_tokens_devices_and_commands_take_nothing_but_the_keyboard(
    windows: Windows, settings: Settings, ada: Person
) -> None:
    await add_pumps(settings, ada, count=SOME)
    page = await windows.open(ada, "/devices", reduced_motion="reduce")
    rows = page.locator(".fleet__row")
    await press(page, "Groups", leads_to="Groups")
    await write(page, {"New group": "North"})
    await press(page, "Make group", leads_to="Add devices")
    await write(page, {"Name": "0000"})
    await expect(page).to_have_url(re.compile("q=0000$"))
    await strike(page, f"All {SOME} shown", key="Space")
    await strike(page, "Choose Pump 00003", key="Space")
    await expect(page.locator("#chosen-count")).to_have_text(f"{SOME - 1} chosen")
    await tab_to(page, "Put in", step="Shift+Tab")
    await press(page, "Put in", leads_to="North")
    await expect(rows).to_have_count(SOME - 1)

    await strike(page, "Choose Pump 00005", key="Space")
    await strike(page, "Take out", step="Shift+Tab")
    await expect(rows).to_have_count(SOME - 2)
    await press(page, "Pump 00004", leads_to="Pump 00004")
    await strike(page, "New token")
    await press(page, "Make a new token", leads_to="Pump 00004")
    await expect(page.locator("#token")).to_have_text(re.compile("^dev_"))
    await press(page, "To the device", leads_to="Pump 00004")
    await expect(page.locator("#access code").first).to_be_visible()

    await press(page, "\u2039 All devices", leads_to="Devices")
    await press(page, "Register a device", leads_to="New device")
    await write(page, {"Name": "Valve", "What it measures": " flow"})
    await press(page, "Register", leads_to="Valve")
    await press(page, "To the device", leads_to="Valve")
    await expect(page.locator("[data-metric=flow]")).to_have_count(1)
    await write(page, {"Command": "open", "Arguments, as JSON": '{"by": 0.5}'})
    await page.keyboard.press("Enter")
    await expect(page.locator(".command__state").first).to_have_text("queued")
    await write(page, {"Desired, as JSON": " "})
    await strike(page, "Save")
    await expect(page.locator("#desired-error")).to_be_empty()


async def test_every_page_keeps_nobody_out_and_fits_on_the_narrowest_phone(
    windows: Windows,
    settings: Settings,
    database: Database,
    barometer: RegisteredDevice,
    ada: Person,
    grace: Person,
) -> None:
    empty = await windows.open(grace, "/devices")
    wrong = await looking.look(empty, "devices-empty")
    await empty.goto("/devices/groups")
    wrong += await looking.look(empty, "devices-groups-empty")

    await add_pumps(settings, ada, count=SOME)
    group = await make_group(database, ada, LONG, barometer.device.id)
    for number in range(GROUPS):
        await make_group(database, ada, f"{number} {LONG}")
    async with database.transaction() as work:
        await work.session.execute(COMMANDS, {"device": barometer.device.id})
    device = f"/devices/{barometer.device.id}"
    page = await windows.open(ada, device)
    await page.fill("#tags", " ".join(LONG_TAGS))
    await press(page, "Save changes", leads_to="Barometer")
    for name, path in (
        ("fleet", "/devices"),
        ("groups", "/devices/groups"),
        ("group", group),
        ("group-add", f"{group}/add"),
        ("device", device),
        ("new", "/devices/new"),
    ):
        await page.goto(path)
        wrong += await looking.look(page, f"devices-{name}")
    wrong += await look_at_mistakes(page, device)

    assert wrong == []


async def look_at_mistakes(page: Page, device: str) -> list[str]:
    """Returns what is wrong with the pages that forms answer with, and that of a token."""
    await page.goto(device)
    await page.fill("#tags", "North Roof")
    await page.click("text=Save changes")
    await expect(page.locator("#tags-error")).not_to_be_empty()
    wrong = await looking.look(page, "devices-device-mistake")
    await page.goto("/devices/new")
    await page.fill("#name", LONG)
    await page.fill("#metrics", "pressure, Temperature")
    await page.click("text=Register")
    await expect(page.locator("#metrics-error")).not_to_be_empty()
    wrong += await looking.look(page, "devices-new-mistake")

    await page.fill("#metrics", "pressure, temperature")
    await page.click("text=Register")
    token = await page.locator("#token").text_content()
    wrong += await looking.look(page, "devices-token")
    await page.click("text=To the device")
    await expect(page.locator("h1")).to_have_text(LONG)
    assert token
    assert token.startswith("dev_")
    assert token not in await page.content()
    return wrong
