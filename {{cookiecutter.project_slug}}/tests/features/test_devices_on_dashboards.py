"""A reading of a device on a dashboard: two features with nothing but a topic between them."""

import time
from typing import Any

import pytest
from playwright.async_api import Page
from playwright.async_api import expect
from quart import Quart

from app.features.dashboards.assets import bring
from app.features.devices.schemas import NewDevice
from app.features.devices.service import devices_of
from app.features.devices.topics import readings_topic
from app.realtime.client import Credentials
from app.realtime.client import RealtimeClient
from tests.patience import PATIENCE_MS
from tests.people import Person
from tests.windows import Windows


async def open_board(windows: Windows, person: Person, topic: str) -> Page:
    """Opens a dashboard of somebody's with one panel, of a topic."""
    panel = {"title": "Boiler", "kind": "number", "topic": topic, "series": ["celsius"]}
    answer = await person.client.post(
        "/api/v1/dashboards/boards", json={"name": "Cellar", "panels": [panel]}
    )
    assert answer.status_code == 201, await answer.get_data(as_text=True)
    board = (await answer.get_json())["id"]
    return await windows.open(person, f"/dashboards/boards/{board}")


async def measure(client: RealtimeClient, number: int, celsius: float) -> dict[str, Any]:
    """Sends one reading as a device does; returns what it is told after the commit."""
    reading = {"metric": "celsius", "value": celsius, "at_ms": int(time.time() * 1_000)}
    told: dict[str, Any] = await client.call(
        "readings.put", {"first": number, "readings": [reading]}
    )
    return told


@pytest.mark.slow
@pytest.mark.browser
async def test_what_a_device_measures_is_on_the_panel_of_its_owner_and_of_nobody_else(
    windows: Windows, app: Quart, live_server: str, ada: Person, grace: Person
) -> None:
    bring()
    new = NewDevice(name="Boiler", metrics=["celsius"])
    boiler = await devices_of(app).register(ada.principal, new)
    topic = readings_topic(boiler.device.id)
    hers, strangers = [await open_board(windows, one, topic) for one in (ada, grace)]
    value = "[data-line=celsius] [data-now]"

    credentials = Credentials(bearer=boiler.token)
    async with RealtimeClient(live_server, credentials=credentials) as client:
        for number, celsius in enumerate((71.5, 80.25), start=1):
            assert (await measure(client, number, celsius))["last"] == number
            await expect(hers.locator(value)).to_have_text(str(celsius), timeout=PATIENCE_MS)

    await hers.reload()
    await expect(hers.locator(value)).to_have_text("80.25", timeout=PATIENCE_MS)
    refusal = strangers.get_by_text("not for you to see, or away")
    await expect(refusal).to_be_visible(timeout=PATIENCE_MS)
    await expect(strangers.locator(value)).not_to_contain_text("80")
