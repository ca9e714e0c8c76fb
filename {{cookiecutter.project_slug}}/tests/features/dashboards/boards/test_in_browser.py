"""Dashboards in a real browser: each panel as it says, live topics, and what a guest sees."""

import json
import time
from datetime import UTC
from datetime import datetime

import pytest
from playwright.async_api import Locator
from playwright.async_api import Page
from playwright.async_api import expect

from app.features.dashboards.boards.cards import NOT_FOR_GUESTS
from app.features.dashboards.boards.live import LivePublisher
from app.features.dashboards.figures import Sample
from app.features.dashboards.figures.topics import SERVICE_TOPIC
from app.features.dashboards.figures.topics import encoded
from app.principal import Principal
from app.realtime.topics import Action
from app.realtime.topics import Latest
from app.realtime.topics import TopicNamespace
from app.resources import Resources
from app.settings import Settings
from tests.features.dashboards.boards.test_past import remember
from tests.features.dashboards.boards.test_routes import made
from tests.features.dashboards.boards.test_sharing import linked
from tests.people import Person
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("browser_files")]

MINE, SECRET = "boilers:7", "boilers:8"
RATE = {"figures": ["requests.rate"]}
# Two lines of one unit, one of another; the second line has a moment without a value of its own.
STACK = """async () => {
    const { bands, stacked } = await import("/static/dashboards/stack.js");
    const units = ["count", "percent", "count"];
    const lines = [[1, 2, null, null], [50, 50, 50, null], [10, undefined, 10, null]];
    return [stacked([[0, 1, 2, 3], ...lines], units), bands(units)];
}"""
STACKED = [
    [[0, 1, 2, 3], [1, 2, 0, None], [50, 50, 50, None], [11, 12, 10, None]],
    [{"series": [3, 1]}],
]
BOARD = {
    "name": "Night watch",
    "panels": [
        {
            **{"title": "Load", "kind": "area", "span": 2, "minutes": 60},
            "figures": ["requests.rate", "requests.failed", "connections.sockets"],
        },
        {"title": "Now", "kind": "number", "minutes": 15, **RATE},
        {"title": "A month", "span": 3, "minutes": 43_200, **RATE},
        {"title": "Boiler", "topic": MINE},
        {"title": "Pressure", "kind": "number", "topic": MINE, "series": ["bar"]},
        {"title": "Not mine", "topic": SECRET},
    ],
}


def boilers(owner: Person) -> TopicNamespace:
    """Returns a namespace such as another feature declares: one topic is the owner's."""

    async def authorise(who: Principal, key: str, action: Action) -> bool:
        return action != "publish" and who.user_id == owner.user.id and key == "7"

    return TopicNamespace("boilers", kind=Latest(seconds=60), authorise=authorise)


def readings(*values: float) -> bytes:
    """Returns a message as a topic of readings carries it, with a reading every ten seconds."""
    now_ms = int(time.time() * 1_000)
    told = [
        {"metric": "celsius", "value": value, "at_ms": now_ms - 10_000 * ago}
        for ago, value in enumerate(values)
    ]
    newest = {
        "celsius": {"value": values[0], "at_ms": now_ms},
        "bar": {"value": 1013.25, "at_ms": now_ms},
    }
    return json.dumps({"newest": newest, "readings": told[::-1]}).encode()


def cell(page: Page, panel: str, name: str, what: str = "now") -> Locator:
    """Returns where a panel shows a number."""
    card = page.locator("section", has=page.get_by_role("heading", name=panel, exact=True))
    return card.locator(f"[data-line='{name}'] [data-{what}]")


async def what_is_under_the_pointer_is_told(page: Page) -> None:
    """Points at two areas that stand on each other, beside a line with an axis of its own."""
    load = page.locator("section", has=page.get_by_role("heading", name="Load", exact=True))
    await expect(load.locator(".u-axis")).to_have_count(3)
    await load.locator(".u-over").hover()
    await expect(load.locator(".figure__hint p b")).to_have_text(["7 /s", "7 /s", "–"])


@pytest.mark.usefixtures("live_server")
async def test_panels_show_their_spans_and_what_comes_and_guests_the_figures_alone(
    windows: Windows, settings: Settings, resources: Resources, ada: Person
) -> None:
    await remember(settings)
    realtime = resources.realtime
    realtime.declare(boilers(ada))
    board = await made(ada, BOARD)
    token, _ = await linked(ada, board["id"])
    await realtime.publish(MINE, readings(71.5, 70.0, 69.0))

    page = await windows.open(ada, f"/dashboards/boards/{board['id']}")
    for panel in ("Load", "Now", "A month"):
        await expect(cell(page, panel, "requests.rate", "mean")).to_have_text("7 /s")
    await expect(cell(page, "Boiler", "celsius")).to_have_text("71.5")
    await expect(cell(page, "Boiler", "celsius", "least")).to_have_text("69")
    await expect(cell(page, "Pressure", "bar")).to_have_text("1,013.25")
    await expect(page.get_by_text("not for you to see, or away")).to_have_count(1)
    assert await page.locator("canvas").count() == 4
    assert await page.evaluate(STACK) == STACKED
    await what_is_under_the_pointer_is_told(page)
    await realtime.publish(SERVICE_TOPIC, encoded(int(time.time()), {"requests.rate": 99.0}))
    await realtime.publish(MINE, readings(80.0))
    await expect(cell(page, "Now", "requests.rate")).to_have_text("99 /s")
    await expect(cell(page, "Boiler", "celsius")).to_have_text("80")
    await expect(cell(page, "Boiler", "celsius", "least")).to_have_text("69")

    await page.context.clear_cookies()
    await page.goto(f"/dashboards/shared?link={token}")
    await expect(cell(page, "A month", "requests.rate", "mean")).to_have_text("7 /s")
    await expect(page.get_by_text(NOT_FOR_GUESTS)).to_have_count(3)
    sample = Sample(at=datetime.now(UTC), figures={"requests.rate": 12.0})
    await LivePublisher(resources.database, realtime).see(sample)
    await expect(cell(page, "Now", "requests.rate")).to_have_text("12 /s")
