"""A real Chromium with a window for each person, and a server process that tests may end."""

import os
import shutil
import signal
from collections.abc import AsyncIterator
from collections.abc import Callable
from contextlib import AsyncExitStack
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.async_api import Browser
from playwright.async_api import BrowserContext
from playwright.async_api import Page
from playwright.async_api import async_playwright
from playwright.async_api import expect
from quart import Quart

from app.settings import Settings
from tests.patience import PATIENCE_MS
from tests.people import Person
from tests.programs import PATIENT
from tests.programs import Program
from tests.programs import running

NAMES = ("chromium", "chromium-browser", "google-chrome")
expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str:
    """Returns the path of a Chromium; the environment variable CHROMIUM names another one."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("no Chromium is installed, so the pages were NOT tried in a browser")
    return found


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Yields one Chromium for all tests; each person gets a context of their own in it."""
    path = chromium()
    # Chromium refuses to run its sandbox as root, as containers do.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=path, args=arguments, timeout=PATIENCE_MS
        )
        yield started
        await started.close()


@asynccontextmanager
async def context_of(browser: Browser, **options: object) -> AsyncIterator[BrowserContext]:
    """Yields a context whose pages wait as patiently as `expect` does; options are Playwright's."""
    context = await browser.new_context(**options)  # type: ignore[arg-type] # passed through
    context.set_default_timeout(PATIENCE_MS)
    yield context
    await context.close()


@dataclass
class Service:
    """``app serve`` as a process, which keeps its address when it is started again."""

    settings: Settings
    stack: AsyncExitStack
    program: Program = field(init=False)

    async def start(self) -> None:
        """Starts the process and waits until it serves."""
        environment = {
            "DATABASE_URL": self.settings.database.url,
            "REDIS_URL": self.settings.redis.url,
            "PUBLIC_URL": self.settings.public_url,
            "SERVER_PORT": str(self.settings.server.port),
            "REALTIME_DRAIN_WINDOW_SECONDS": "0.2",
            **PATIENT,
        }
        running_program = running("app", "serve", environment=environment)
        self.program = await self.stack.enter_async_context(running_program)
        await self.program.says("serving")

    async def end(self, number: signal.Signals) -> int:
        """Ends the process with a signal and returns its exit code."""
        self.program.send(number)
        return await self.program.ended()


@pytest.fixture
async def service(app: Quart, settings: Settings) -> AsyncIterator[Service]:
    """Yields a running server process over the database and the Valkey of ``app``."""
    async with AsyncExitStack() as stack:
        started = Service(settings, stack)
        await started.start()
        yield started
        print(started.program.output)  # shown where the test failed


async def become(context: BrowserContext, person: Person | None, address: str) -> None:
    """Has a browser be somebody's from now on, as signing in in one of its tabs does.

    None signs out. The pages that are open there are as they were.
    """
    await context.clear_cookies()
    if person is not None:
        name, value = person.cookie.split("=", 1)
        site = urljoin(address, "/")  # a cookie of a page would be of its folder alone
        await context.add_cookies([{"name": name, "value": value, "url": site}])


@dataclass
class Windows:
    """Opens windows for people, and keeps what went wrong in them."""

    browser: Browser
    settings: Settings
    stack: AsyncExitStack
    errors: list[str] = field(default_factory=list)

    async def open(self, person: Person | None, path: str, **options: object) -> Page:
        """Returns a window in which ``person`` looks at a page; options are the context's.

        None is a visitor, whom nobody knows.
        """
        address = self.settings.public_url
        context = await self.stack.enter_async_context(
            context_of(self.browser, base_url=address, locale="en-GB", **options)
        )
        await become(context, person, address)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))
        await page.goto(path)
        return page


@pytest.fixture
async def windows(browser: Browser, settings: Settings) -> AsyncIterator[Windows]:
    """Yields what opens windows; in the end no page may have failed.

    A test says who serves the pages: ``live_server`` in this process, or ``service`` in another.
    """
    async with AsyncExitStack() as stack:
        opened = Windows(browser, settings, stack)
        yield opened
    assert opened.errors == []


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[str], Path]:
    """Returns where a picture goes: the folder in SCREENSHOTS, else one that is thrown away."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return lambda name: folder / f"{name}.png"
