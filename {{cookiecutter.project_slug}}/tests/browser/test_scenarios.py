"""The browser's client plays the scenarios that the Python client plays, in Chromium."""

from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser
from playwright.async_api import Page

import app.web
from tests.realtime.client.scenarios import SCENARIOS
from tests.realtime.client.scenarios import TOPIC
from tests.realtime.client.scenarios import Scenario
from tests.realtime.client.scenarios import Told
from tests.realtime.client.scripted_server import Stage
from tests.realtime.client.scripted_server import stage
from tests.windows import context_of

pytestmark = pytest.mark.browser

STATIC = Path(app.web.__file__).parent / "static"
APP = Path(__file__).parent / "scenario_app.js"
MINE = [one for one in SCENARIOS if one.only in {"", "javascript"}]
REMEMBER = "if (!this.since || offset <= this.since.offset) return;"


class Script:
    """The app in a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def act(self, action: str, *values: object) -> None:
        await self.page.evaluate("(values) => app.act(...values)", [action, *values])

    async def told(self) -> list[Told]:
        told: list[Told] = await self.page.evaluate("() => app.told")
        return told

    async def draws(self) -> int:
        return int(await self.page.evaluate("() => app.draws"))


def files(path: str, *, forgetful: bool = False) -> tuple[str, str]:
    """Answers the page with the client's modules."""
    name = path.rpartition("/")[2]
    if not name.endswith(".js"):
        return "text/html", "<!doctype html><link rel='icon' href='data:,'>"
    source = (APP if name == APP.name else STATIC / name).read_text()
    if forgetful and name == "realtime-topic.js":
        assert REMEMBER in source
        source = source.replace(REMEMBER, "")
    return "text/javascript", source


@asynccontextmanager
async def opened(browser: Browser, answer: Callable[[str], tuple[str, str]]) -> AsyncIterator[Page]:
    """Yields a page that can import the client from a server of its own."""
    async with stage(answer) as host, context_of(browser) as context:
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{host.port}/")
        yield page


@pytest.fixture(scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Yields one page for all scenarios; each has an app and a server of its own."""
    async with opened(browser, files) as built:
        yield built


async def play(page: Page, built: Stage, scenario: Scenario) -> None:
    begin = f'async (facts) => {{ globalThis.app = new (await import("/{APP.name}")).App(facts); }}'
    await page.evaluate(
        begin,
        {
            "url": f"ws://127.0.0.1:{built.port}/realtime/socket",
            "topic": TOPIC,
            "since": scenario.since,
            "presence": scenario.presence,
        },
    )
    script = Script(page)
    try:
        await built.play(scenario, script)
    finally:
        told, draws = await script.told(), await script.draws()
        await page.evaluate("() => app.live.close()")
    assert told == scenario.told
    assert scenario.draws in {None, draws}


@pytest.mark.parametrize("scenario", MINE, ids=lambda scenario: scenario.name)
async def test_the_browsers_client_keeps_its_promises(page: Page, scenario: Scenario) -> None:
    async with stage() as built:
        await play(page, built, scenario)


async def test_a_client_that_does_not_remember_fails(browser: Browser) -> None:
    scenario = next(one for one in MINE if one.name.startswith("an offset is handed on once"))
    async with opened(browser, partial(files, forgetful=True)) as page, stage() as built:
        with pytest.raises(AssertionError, match=r"\['message', 3, 3\]"):
            await play(page, built, scenario)
