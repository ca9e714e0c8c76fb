"""Every page of dashboards, empty, with much of it and with errors; and by the keyboard alone."""

import pytest
from playwright.async_api import Page
from playwright.async_api import expect
from quart import Quart

from app.features.dashboards.alerts.machine import CALM_SECONDS
from app.features.dashboards.boards.document import BOARD_MAX_PANELS
from app.resources import Resources
from app.settings import Settings
from tests.features.dashboards.alerts.rig import LOW
from tests.features.dashboards.alerts.rig import Clock
from tests.features.dashboards.alerts.rig import rule_of
from tests.features.dashboards.boards.test_past import remember
from tests.features.dashboards.boards.test_routes import made
from tests.features.dashboards.boards.test_sharing import linked
from tests.keyboard import press
from tests.keyboard import tab_to
from tests.keyboard import write
from tests.looking import look
from tests.people import Person
from tests.windows import Windows

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.usefixtures("browser_files", "live_server"),
]

LONG = "Wolfeschlegelsteinhausenbergerdorff " * 2
KINDS = ("line", "area", "number")
SHOWN = (
    ["requests.rate", "requests.failed"],
    ["latency.p50", "latency.p95", "latency.p99"],
    ["connections.sockets"],
    ["cpu.host", "memory.host"],
)


def many(count: int) -> dict[str, object]:
    """Returns a dashboard with so many panels of figures, and one of a topic that is not there."""
    return {
        "name": LONG.strip(),
        "panels": [
            {
                "title": LONG.strip() if n == 4 else f"Panel {n + 1}",
                "kind": KINDS[n % len(KINDS)],
                "span": 1 + n % 3 if n > 2 else 1,
                "minutes": (15, 60, 1_440, 43_200)[n % 4],
                "figures": SHOWN[n % len(SHOWN)],
            }
            for n in range(count)
        ]
        + [{"title": "Boiler", "topic": "boilers:7"}],
    }


async def test_every_page_can_be_read_and_used_by_everybody(
    windows: Windows, settings: Settings, resources: Resources, ada: Person, operator: Person
) -> None:
    await remember(settings)
    board = await made(operator, many(BOARD_MAX_PANELS - 1))
    token, _ = await linked(operator, (await made(operator, many(5)))["id"])
    page = await windows.open(ada, "/dashboards/boards")
    wrong = await look(page, "boards-empty")
    await page.goto("/dashboards/alerts")
    wrong += await look(page, "alerts-empty")
    empty = await made(ada, {"name": "Nothing yet", "panels": []})
    await page.goto(f"/dashboards/boards/{empty['id']}")
    wrong += await look(page, "board-empty")
    await page.get_by_label("Title").fill("Nothing chosen")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Add the panel").click()
    await expect(page.get_by_role("alert")).to_contain_text("a panel shows figures")
    wrong += await look(page, "board-wrong")
    await page.goto(f"/dashboards/shared?link={token}")
    await expect(page.locator("[data-mean]").first).not_to_have_text("–")
    wrong += await look(page, "shared")

    page = await windows.open(operator, f"/dashboards/boards/{board['id']}")
    await expect(page.locator("[data-mean]").first).not_to_have_text("–")
    wrong += await look(page, "board")
    for path in ("/dashboards/boards", "/dashboards"):
        await page.goto(path)
        wrong += await look(page, path.strip("/").replace("/", "-"))
    wrong += await alerts(page, resources, operator)

    assert not wrong, "\n".join(wrong)


async def alerts(page: Page, resources: Resources, person: Person) -> list[str]:
    """Returns what is wrong with raised and cleared alerts, and with their forms."""
    clock = Clock(resources)
    watch = clock.watch()
    rule = await rule_of(resources, person, for_seconds=0)
    await rule_of(resources, person, name=LONG.strip(), threshold=1e12, by_mail=True)
    await clock.pass_seconds(watch, 1)
    await page.goto("/dashboards/alerts")
    await expect(page.locator("#alerts-count")).to_have_text("1 raised")
    wrong = await look(page, "alerts-raised")
    await clock.pass_seconds(watch, int(CALM_SECONDS) + 1, LOW)
    await expect(page.locator("#alerts-count")).to_have_text("Nothing is raised")
    wrong += await look(page, "alerts-cleared")
    await page.goto(f"/dashboards/alerts/{rule.id}")
    await page.get_by_label("Hysteresis").fill("9999")
    async with page.expect_navigation():
        await page.get_by_role("button", name="Save").click()
    return wrong + await look(page, "rule-wrong")


async def test_the_keyboard_is_enough_for_dashboards_and_alerts(
    app: Quart, windows: Windows, ada: Person
) -> None:
    page = await windows.open(ada, "/dashboards", reduced_motion="reduce")
    await press(page, "My dashboards", leads_to="My dashboards")
    await write(page, {"Name of a new dashboard": "Harbour"})
    await press(page, "Make it", leads_to="Harbour")
    await write(page, {"Title": "Load"})
    await tab_to(page, "Figures, up to six")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, "Drawn as")
    await page.keyboard.type("Ar")
    await press(page, "Add the panel", leads_to="Harbour")
    await expect(page.locator("[data-panel=area]")).to_have_count(1)
    await tab_to(page, "Change Load")
    await page.keyboard.press("Enter")
    await tab_to(page, "Drawn as")
    await page.keyboard.type("Nu")
    await press(page, "Save Load", leads_to="Harbour")
    await expect(page.locator("[data-panel=number]")).to_have_count(1)
    await tab_to(page, "Make a link")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Copy this link now")).to_be_visible()
    await tab_to(page, "Revoke")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    await tab_to(page, "Delete this dashboard")
    await page.keyboard.press("Enter")
    await press(page, "Delete Harbour", leads_to="My dashboards")
    await expect(page.get_by_text("You have no dashboards yet.")).to_be_visible()

    await page.goto("/dashboards/alerts")
    await write(page, {"Name": "Busy", "Threshold": "80"})
    await press(page, "Add the rule", leads_to="Alerts")
    await press(page, "Change Busy", leads_to="Busy")
    await write(page, {"Name": "Busy at night"})
    await press(page, "Save", leads_to="Alerts")
    await press(page, "Change Busy at night", leads_to="Busy at night")
    await tab_to(page, "Delete this rule")
    await page.keyboard.press("Enter")
    await press(page, "Delete Busy at night", leads_to="Alerts")
    await expect(page.locator("[data-rule]")).to_have_count(0)
