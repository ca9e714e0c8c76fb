"""What only the browser's client does, against a socket made of paper, and its size."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser
from playwright.async_api import BrowserContext
from playwright.async_api import Page
from playwright.async_api import Route

import app.web
from tests.windows import context_of

pytestmark = pytest.mark.browser

STATIC = Path(app.web.__file__).parent / "static"
CLIENT = [
    STATIC / f"realtime{part}.js" for part in ("", "-socket", "-stream", "-subscriptions", "-topic")
]
CLIENT_MAX_BYTES = 6 * 1024
SCENARIOS = Path(__file__).parent / "client_scenarios.js"
NAMES = re.findall(r'^  async "(.+)"\(\)', SCENARIOS.read_text(), flags=re.MULTILINE)


@pytest.fixture(scope="module")
async def paper(browser: Browser) -> AsyncIterator[Page]:
    """Yields a page that can import the client and the scenarios, and no server behind it."""
    async with context_of(browser) as context:
        yield await stocked(context)


async def stocked(context: BrowserContext) -> Page:
    """Returns a page of which every file comes from the disk."""
    page = await context.new_page()

    async def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name.endswith(".js"):
            path = SCENARIOS if name == SCENARIOS.name else STATIC / name
            await route.fulfill(path=path, content_type="text/javascript")
        else:
            await route.fulfill(body="<!doctype html>", content_type="text/html")

    await page.route("http://paper.test/**", serve)
    await page.goto("http://paper.test/")
    return page


def test_there_are_scenarios() -> None:
    assert len(NAMES) >= 4


@pytest.mark.parametrize("name", NAMES)
async def test_the_client_keeps_its_promises(paper: Page, name: str) -> None:
    script = f'async (name) => (await import("/{SCENARIOS.name}")).scenarios[name]()'

    told, expected = await paper.evaluate(script, name)

    assert told == expected


def test_the_client_is_small() -> None:
    source = b"".join(path.read_bytes() for path in CLIENT)

    assert len(gzip.compress(source)) < CLIENT_MAX_BYTES
