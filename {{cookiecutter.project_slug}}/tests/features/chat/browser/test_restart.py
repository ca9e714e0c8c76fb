"""The server process is ended and started again under two people who go on writing."""

import asyncio
import signal

import pytest
from playwright.async_api import Page
from playwright.async_api import expect

from app.database import Database
from app.features.chat import messages as chat_messages
from app.features.chat.schemas import Room
from tests.features.chat.browser import chat_page
from tests.people import Person
from tests.windows import Service
from tests.windows import Windows

pytestmark = pytest.mark.browser

WRITTEN_EACH = 8
RESUMED_MS = 60_000


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)]
)
async def test_a_restart_under_them_loses_and_doubles_nothing(
    windows: Windows,
    service: Service,
    store: Database,
    harbour: Room,
    ada: Person,
    grace: Person,
    number: signal.Signals,
) -> None:
    adas, graces = await chat_page.open_both(windows, ada, grace, harbour)
    written = {f"{name} writes {n}." for name in ("Ada", "Grace") for n in range(WRITTEN_EACH)}

    async def writes(page: Page, name: str) -> None:
        for n in range(WRITTEN_EACH):
            await chat_page.write(page, f"{name} writes {n}.")

    async def restart() -> None:
        await chat_page.sees(graces, "Ada writes 1.")
        await service.end(number)
        await service.start()

    await asyncio.gather(writes(adas, "Ada"), writes(graces, "Grace"), restart())

    for page in (adas, graces):
        await expect(page.locator(".message[data-id]")).to_have_count(
            len(written), timeout=RESUMED_MS
        )
    stored = await chat_messages.list_messages(ada.principal, store, room_id=harbour.id, limit=100)
    in_order = [message.body for message in reversed(stored)]
    assert sorted(in_order) == sorted(written)
    await chat_page.shows(adas, in_order)
    await chat_page.shows(graces, in_order)
    assert await chat_page.pending(adas) == 0
