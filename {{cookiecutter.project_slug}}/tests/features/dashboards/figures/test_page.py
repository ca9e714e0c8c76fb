"""The page of figures in a real browser: it shows what was, moves, pauses, and survives."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page
from playwright.async_api import ViewportSize
from playwright.async_api import expect
from quart import Quart

from app.resources import resources_of
from app.settings import Settings
from tests.features.dashboards.conftest import Keepers
from tests.patience import PATIENCE_SECONDS
from tests.people import Person
from tests.servers import connection
from tests.windows import Service
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("browser_files")]

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LOOKS = [(scheme, size) for scheme in SCHEMES for size in (PHONE, DESK)]
LOST = "Connection lost, trying again …"
WAIT = """([what, least]) => new Promise((done) => {
    const { dataset } = document.getElementById("figures");
    const look = () => (Number(dataset[what]) > least ? done() : setTimeout(look, 50));
    look();
})"""
PAST = """
    INSERT INTO dashboards_seconds
    SELECT figure, date_trunc('second', at), top * (1.2 + sin(extract(epoch FROM at) / 40 + top))
    FROM (VALUES
        ('requests.rate', 120), ('requests.failed', 2), ('latency.p50', 0.004),
        ('latency.p95', 0.02), ('latency.p99', 0.09), ('connections.sockets', 400),
        ('connections.streams', 90), ('messages.out', 2000), ('cpu.process', 60),
        ('cpu.host', 35), ('memory.process', 2e8), ('memory.host', 40), ('loop.lag', 0.002),
        ('database.connections', 4), ('queue.bytes', 9000), ('jobs.waiting', 12)
    ) AS figures (figure, top),
    generate_series(now() - interval '16 min', now() - interval '3 s', interval '1 s') AS at
    ON CONFLICT DO NOTHING
"""


async def remember(settings: Settings) -> None:
    """Stores a quarter of an hour of figures that go up and down."""
    async with connection(settings.database.url) as raw:
        await raw.execute(PAST)


async def seconds(page: Page) -> int:
    """Returns how many seconds the page has."""
    return int(await page.locator("#figures").get_attribute("data-seconds") or 0)


async def newest(page: Page) -> int:
    """Returns the newest second that the page has."""
    return int(await page.locator("#figures").get_attribute("data-newest") or 0)


async def until(page: Page, what: str, *, is_over: int) -> None:
    """Waits until a number of the page's own, ``seconds`` or ``newest``, is over another one.

    In a script of ours: the policy of the page forbids what Playwright would evaluate there.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        await page.evaluate(WAIT, [what, is_over])


@pytest.mark.usefixtures("live_server")
async def test_the_last_minutes_are_there_at_once_and_then_it_moves(
    windows: Windows,
    settings: Settings,
    keepers: Keepers,
    operator: Person,
    picture: Callable[[str], Path],
) -> None:
    await remember(settings)
    page = await windows.open(operator, "about:blank")
    # The way to the service is lost just then; what was is asked for again.
    await page.route("**/figures/range?*", lambda route: route.abort(), times=1)
    await page.goto("/dashboards")
    await until(page, "seconds", is_over=850)
    await expect(page.locator("#figures-status")).to_have_text("Live, once a second")
    assert await page.locator("canvas").count() == await page.locator(".figure").count() > 10
    before = await newest(page)

    await keepers.named("only").tick()

    await until(page, "newest", is_over=before)
    await expect(page.locator("[data-figure=processes] [data-now]")).to_have_text("1")
    await has_every_look(page, picture)


async def has_every_look(page: Page, picture: Callable[[str], Path]) -> None:
    """Takes a picture in both colours and sizes, between which the charts are drawn anew."""
    for scheme, size in LOOKS:
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size(size)
        await page.evaluate("new Promise(requestAnimationFrame)")
        await page.screenshot(path=picture(f"figures-{scheme}-{size['width']}"), full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size


@pytest.mark.slow
async def test_a_restarted_server_and_a_hidden_page_leave_no_hole(
    windows: Windows, service: Service, settings: Settings, operator: Person
) -> None:
    page = await windows.open(operator, "/dashboards")
    alerts = await windows.open(operator, "/dashboards/alerts")
    told = [page.locator("#figures-status"), alerts.locator("#alerts-status")]
    await until(page, "seconds", is_over=2)
    await expect(told[1]).to_have_text("Live", timeout=PATIENCE_SECONDS * 1_000)

    await service.end(signal.SIGTERM)
    for status in told:
        await expect(status).to_have_text(LOST, timeout=PATIENCE_SECONDS * 1_000)
    await service.start()
    again = await newest(page)
    await until(page, "newest", is_over=again + 1)
    assert await page.locator("#figures").get_attribute("data-state") == "live"
    await expect(told[1]).to_have_text("Live", timeout=PATIENCE_SECONDS * 1_000)

    await hide(page, hidden=True)
    await expect(page.locator("#figures-status")).to_have_text("Paused while nobody looks")
    paused, had = await newest(page), await seconds(page)
    await measured_since(settings, paused + 3)
    assert await newest(page) == paused
    await hide(page, hidden=False)
    await until(page, "newest", is_over=paused + 3)
    assert await filled_since(page, settings, paused, had=had) > 1


async def measured_since(settings: Settings, second: int) -> None:
    """Waits until the service has stored a second after that one."""
    async with connection(settings.database.url) as raw, asyncio.timeout(PATIENCE_SECONDS):
        newest = "SELECT max(extract(epoch FROM at)) FROM dashboards_seconds"
        while (await raw.fetchval(newest) or 0) <= second:
            await raw.fetchval("SELECT pg_sleep(0.2)")


async def stored_between(settings: Settings, after: int, until: int) -> int:
    """Returns how many seconds are stored: a busy service leaves some out."""
    counted = (
        "SELECT count(DISTINCT at) FROM dashboards_seconds"
        " WHERE extract(epoch FROM at) > $1 AND extract(epoch FROM at) <= $2"
    )
    async with connection(settings.database.url) as raw:
        return int(await raw.fetchval(counted, after, until))


async def filled_since(page: Page, settings: Settings, second: int, *, had: int) -> int:
    """Waits until a page has all that is stored behind a second; returns how many those are.

    The newest comes live, and what was missed by another way that may take longer. What comes while
    we wait is more on either side, so a hole would stay one.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            more = await seconds(page) - had  # before the newest: a second in between hides no hole
            stored = await stored_between(settings, second, await newest(page))
            if more >= stored:
                return stored


async def hide(page: Page, *, hidden: bool) -> None:
    """Has the page believe that nobody looks at it, or that somebody does again."""
    state = "hidden" if hidden else "visible"
    await page.evaluate(
        """(value) => {
            Object.defineProperty(document, "visibilityState", { value, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


@pytest.mark.usefixtures("live_server")
async def test_without_its_library_the_page_says_so_and_the_tables_are_live(
    windows: Windows, keepers: Keepers, operator: Person
) -> None:
    page = await windows.open(operator, "about:blank")
    await page.route("**/uPlot.iife.min.js*", lambda route: route.abort())
    await page.goto("/dashboards")

    await expect(page.locator("#no-charts")).to_contain_text("app assets")
    await expect(page.locator("#figures-status")).to_have_text("Live, once a second")
    await keepers.named("only").tick()
    await expect(page.locator("[data-figure=processes] [data-now]")).to_have_text("1")


async def test_members_see_how_busy_it_is_and_nothing_of_the_machines(
    app: Quart, keepers: Keepers, operator: Person, mallory: Person
) -> None:
    await keepers.named("first").tick()
    await keepers.named("second").tick()

    theirs = await (await operator.client.get("/dashboards")).get_data(as_text=True)
    others = await (await mallory.client.get("/dashboards")).get_data(as_text=True)
    single = await operator.client.get("/dashboards?process=second")
    closed = await mallory.client.get("/dashboards?process=second")
    nobody = await app.test_client().get("/dashboards")

    assert "Memory of the host" in theirs
    assert "process=first" in theirs
    assert "figures:process.second" in await single.get_data(as_text=True)
    assert "Requests" in others
    assert "Memory" not in others
    assert "operators" not in others
    assert "process=" not in others
    assert (closed.status_code, nobody.status_code) == (404, 303)
    assert resources_of(app).settings.environment == "test"
