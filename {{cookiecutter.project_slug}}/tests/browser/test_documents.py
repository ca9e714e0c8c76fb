"""The browser code of the documents runs, in Chromium and against a server that plays its part."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser
from playwright.async_api import BrowserContext
from playwright.async_api import Page
from playwright.async_api import expect

from tests.browser.test_scenarios import files
from tests.documents import blocks
from tests.realtime.client.scenarios import FACTS
from tests.realtime.client.scenarios import TOPIC
from tests.realtime.client.scenarios import Frame
from tests.realtime.client.scenarios import answer
from tests.realtime.client.scenarios import gap
from tests.realtime.client.scenarios import message
from tests.realtime.client.scenarios import since
from tests.realtime.client.scripted_server import Stage
from tests.realtime.client.scripted_server import stage
from tests.windows import context_of

pytestmark = pytest.mark.browser

BLOCKS = [block for block in blocks() if block.language == "js" and block.is_run]
EXAMPLE, SHARING, CALLING = BLOCKS


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with context_of(browser) as opened:
        yield opened


async def open_page(context: BrowserContext, built: Stage) -> Page:
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{built.port}/")
    return page


def greeting(reply: Frame) -> Frame:
    return {**FACTS, "subscriptions": [reply]}


async def test_the_example_shows_what_it_hears(context: BrowserContext) -> None:
    async with stage(files) as built:
        page = await open_page(context, built)
        await page.add_script_tag(type="module", content=EXAMPLE.code)

        await built.accept()
        await built.expect({"type": "hello"})
        here = {"version": 1, "count": 3}
        await built.reply(greeting(answer(7, presence=here)))
        await built.push(message(8, "hi"), gap(9))

        await page.wait_for_function("document.body.innerText.includes('reload lost')")
        text = await page.inner_text("body")
        await page.keyboard.press("a")
        await built.expect({"type": "signal", "key": "typing"})
    shown = ["connecting", "live", "here 3", "message hi 8", "reload lost"]
    assert text.strip().rstrip(";").split("; ") == shown


async def open_tab(context: BrowserContext, built: Stage) -> Page:
    """Opens a tab that shares the connection, and has the first message already."""
    page = await open_page(context, built)
    begin = f"""
        globalThis.told = [];
        const onMessage = (data) => told.push(data);
        share("{TOPIC}", {{ since: {{ epoch: "e1", offset: 1 }}, onMessage, onGap: onMessage }});
    """
    await page.add_script_tag(type="module", content=SHARING.code + begin)
    return page


async def has_told(page: Page, *expected: int) -> None:
    await page.wait_for_function("(all) => String(globalThis.told) === all", arg=join(expected))


def join(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))


async def test_tabs_share_a_connection_and_the_next_one_takes_over(context: BrowserContext) -> None:
    async with stage(files) as built:
        first = await open_tab(context, built)
        await built.accept()
        await built.expect({"type": "hello"})
        await built.reply(greeting(answer(2, 2, recovered=True)))
        await has_told(first, 2)

        second = await open_tab(context, built)
        await built.expect({"type": "history", "topic": TOPIC, "since": since(1)})
        past = answer(2, 2, more=False)
        await built.reply(past)
        await has_told(second, 2)
        await built.push(message(3))
        await has_told(first, 2, 3)
        await has_told(second, 2, 3)
        assert built.waiting.empty()

        await first.close()
        await built.accept()
        await built.expect({"subscriptions": [{"topic": TOPIC, "since": since(3)}]})
        await built.reply(greeting(answer(4, 4, recovered=True)))
        await has_told(second, 2, 3, 4)


@pytest.mark.parametrize(
    ("status", "told", "shown"),
    [(201, {"id": 7}, "made 7"), (422, {"detail": "no lamps"}, "No lamps")],
)
async def test_the_call_shows_what_was_made_or_what_was_wrong(
    context: BrowserContext, status: int, told: dict[str, object], shown: str
) -> None:
    async with stage(files) as built:
        page = await open_page(context, built)
        await page.route("**/api/v1/things", lambda route: route.fulfill(status=status, json=told))

        await page.add_script_tag(type="module", content=CALLING.code)

        await expect(page.locator("body")).to_contain_text(shown)
