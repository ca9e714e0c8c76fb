"""Looking at pages: what keeps people out of them, and pictures for whoever wants to see.

The environment variable SHOTS names a folder: then each page is pictured four times, on a phone and
on a desktop, light and dark.
"""

import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal
from typing import cast

from playwright.async_api import Page
from playwright.async_api import ViewportSize

SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1280, "height": 800},
}
NARROWEST: ViewportSize = {"width": 320, "height": 568}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# A colour on its way to another has neither's contrast; the way begins with the next frame. What
# moves is asked for anew each frame: Chromium 156 leaves `finished` of a transition pending for
# ever at times, though it has ended, and the whole suite with it.
AT_REST = """async () => {
    const painted = () => new Promise(requestAnimationFrame);
    const moves = (one) =>
        one.playState === "running" && one.effect.getComputedTiming().endTime < Infinity;
    await painted();
    do await painted(); while (document.getAnimations().some(moves));
}"""
# A page in the dark has the same names and landmarks as by day; its colours are its own.
COLOURS = ("color-contrast",)
WIDE = """() => [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth)
    .map((one) => one.outerHTML.slice(0, 80)).slice(-3)"""
# What is lower than the text in it is written over by what comes next.
LOW = """() => [...document.querySelectorAll("label, li, legend, .badge, .button")]
    .filter((one) => getComputedStyle(one).overflowY === "visible"
        && one.clientHeight && one.scrollHeight > one.clientHeight + 1)
    .map((one) => one.outerHTML.slice(0, 80)).slice(0, 3)"""
# What is written from right to left stands in an element of its own, which keeps what is beside it
# in its place, and begins where it would begin if it were written from left to right.
MISREAD = """() => {
    const closed = [...document.querySelectorAll("details:not([open])")];
    for (const one of closed) one.open = true;
    const left = (element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return range.getBoundingClientRect().left;
    };
    const fromLeftToRight = (element) => {
        const before = element.getAttribute("dir");
        element.setAttribute("dir", "ltr");
        const found = left(element);
        before === null ? element.removeAttribute("dir") : element.setAttribute("dir", before);
        return found;
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = new Map();
    while (texts.nextNode()) {
        const { data, parentElement: parent } = texts.currentNode;
        if (!/[\u0590-\u08ff]/.test(data) || !parent.checkVisibility()) continue;
        if (parent.closest(".avatar, .visually-hidden, option, textarea")) continue;
        const own = parent.closest("bdi, [dir=auto]");
        const isCut = own && own.scrollWidth > own.clientWidth && own.clientWidth > 0;
        const isAcross = own && !isCut && Math.abs(left(own) - fromLeftToRight(own)) > 1;
        found.set(own ?? parent, own ? isAcross && "across from its place" : "not by itself");
    }
    for (const one of closed) one.open = false;
    const wrong = [...found].filter(([, word]) => word);
    return [found.size, wrong.map(([one, word]) => `${word}: ${one.outerHTML.slice(0, 120)}`)];
}"""
# Paper is white, and nothing can be scrolled into view on it.
UNPRINTABLE = """() => {
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g);
    const scrolls = (one) => /auto|scroll/.test(getComputedStyle(one).overflowY)
        && one.clientHeight && one.scrollHeight > one.clientHeight + 1;
    const cut = [...document.querySelectorAll("body *:not(select, textarea)")].filter(scrolls);
    const isCut = getComputedStyle(document.documentElement).overflowY === "hidden";
    return [
        ...(red < 200 || green < 200 || blue < 200 ? ["dark paper"] : []),
        ...(isCut ? ["one sheet of what may be many"] : []),
        ...cut.map((one) => one.outerHTML.slice(0, 80)),
    ];
}"""
RUN = """async (rules) => {
    const options = {resultTypes: ["violations"]};
    if (rules.length) options.runOnly = rules;
    // The sixth line of a list is as the fifth; a hundred of them take seconds.
    const exclude = [["tbody tr:nth-child(n+6)"], [".list__item:nth-child(n+6)"]];
    const found = await axe.run({include: [["html"]], exclude}, options);
    return found.violations
        .filter((one) => ["serious", "critical"].includes(one.impact))
        .map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`);
}"""


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text()


async def fits(page: Page) -> bool:
    """Tells whether nothing of the page sticks out at the side."""
    await page.evaluate(AT_REST)
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def _sticking_out(page: Page) -> str:
    return f"{page.url}: sticks out: {await page.evaluate(WIDE)}"


async def serious(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """Returns what axe-core finds that keeps people out, by some of its rules or by all."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_axe())
    found = cast("list[str]", await page.evaluate(RUN, list(rules)))
    return [f"{page.url}: {one}" for one in found]


async def misread(page: Page, name: str) -> list[str]:
    """Returns which texts from right to left read wrongly, or stand where nobody looks for them."""
    wrong: list[str] = []
    for size in SIZES.values():
        await page.set_viewport_size(size)
        await page.evaluate(AT_REST)
        count, found = await page.evaluate(MISREAD)
        assert count, f"{page.url} has no such text"
        wrong += [f"{name}: {size['width']}: {one}" for one in found]
    await _picture(page, name)
    return wrong


async def unprintable(page: Page) -> list[str]:
    """Returns what of a page would be missing on paper, or on dark paper."""
    await page.emulate_media(media="print")
    await page.evaluate(AT_REST)
    found = await page.evaluate(UNPRINTABLE)
    await page.emulate_media(media="screen")
    return [f"{page.url}: not printed: {one}" for one in found]


async def look(page: Page, name: str) -> list[str]:
    """Returns what is wrong with a page: by day on the narrowest phone, in the dark, on paper.

    On a desktop other parts of it may be shown: those have colours, too.
    """
    wrong = []
    for size, scheme, rules in (
        (SIZES["phone"], "light", ()),
        (SIZES["desktop"], "dark", COLOURS),
    ):
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=cast("Literal['light', 'dark']", scheme))
        await page.evaluate(AT_REST)
        wrong += await serious(page, rules)
    wrong += await unprintable(page)
    await page.set_viewport_size(NARROWEST)
    if not await fits(page):
        wrong.append(await _sticking_out(page))
    wrong += [f"{page.url}: written over: {one}" for one in await page.evaluate(LOW)]
    await _picture(page, name)
    return [f"{name}: {one}" for one in wrong]


async def _picture(page: Page, name: str) -> None:
    folder = os.environ.get("SHOTS")
    for size in SIZES if folder else ():
        for scheme in SCHEMES:
            await page.set_viewport_size(SIZES[size])
            await page.emulate_media(color_scheme=scheme)
            await page.evaluate(AT_REST)
            path = Path(folder or "") / f"{name}-{size}-{scheme}.png"
            await page.screenshot(path=path, full_page=size == "phone" or "long" not in name)
