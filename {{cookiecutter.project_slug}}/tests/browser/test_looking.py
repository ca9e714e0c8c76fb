"""Pages are looked at when they have come to rest, and at rest is what no longer moves."""

import pytest
from playwright.async_api import Browser

from tests import looking
from tests.windows import context_of

pytestmark = [pytest.mark.browser, pytest.mark.one_line]

# A box that turns blue on a narrow page, and whose edge never rests.
PAGE = """<style>
    body {margin: 0}
    @keyframes around {to {outline-offset: 3px}}
    div {width: 10px; height: 10px; background: rgb(255, 0, 0); outline: 1px solid;
        transition: background 400ms linear; animation: around 1s infinite}
    @media (max-width: 400px) {div {background: rgb(0, 0, 255)}}
</style><div></div>"""
NEVER_SAID = """Object.defineProperty(Animation.prototype, "finished",
    {get: () => new Promise(() => {})})"""
COLOUR = "getComputedStyle(document.querySelector('div')).backgroundColor"


async def test_a_page_is_looked_at_when_its_transitions_are_over(browser: Browser) -> None:
    async with context_of(browser, viewport=looking.SIZES["desktop"]) as context:
        page = await context.new_page()
        await page.set_content(PAGE)
        await page.evaluate(NEVER_SAID)
        await page.set_viewport_size(looking.NARROWEST)

        assert await looking.fits(page)
        assert await page.evaluate(COLOUR) == "rgb(0, 0, 255)"
