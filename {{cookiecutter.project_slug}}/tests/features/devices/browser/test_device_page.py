"""The page of one device: its charts move, and commands and its state are followed live."""

import math
import time
from typing import Any

import pytest
from playwright.async_api import Page
from playwright.async_api import expect
from quart import Quart
from sqlalchemy import text

from app.database import Database
from app.features.devices.commands.service import end_overdue
from app.features.devices.schemas import RegisteredDevice
from app.jobs import Jobs
from app.resources import resources_of
from tests.features.devices.conftest import Connect
from tests.patience import PATIENCE_MS
from tests.people import Person
from tests.realtime.rig import Socket
from tests.windows import Windows

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_server")]

OVERDUE = text("""
    UPDATE devices_commands
    SET sent_at = sent_at - interval '1 hour', ends_at = ends_at - interval '1 hour'
    WHERE state = 'sent'
""")
MARKUP = "<img src=x onerror=\"document.title='taken over'\">"


async def ask(socket: Socket, method: str, data: object) -> dict[str, Any]:
    """Calls a method as a device; returns what it answers to that."""
    command = await socket.send("call", method=method, data=data)
    while True:
        frame = await socket.receive()
        if frame.get("id") == command:
            told: dict[str, Any] = frame["result"]["data"]
            return told


async def measure(socket: Socket, count: int) -> None:
    """Sends readings of the last half hour."""
    now_ms = int(time.time() * 1_000)
    readings = [
        {"metric": metric, "value": base + math.sin(n / 4), "at_ms": now_ms - 60_000 * (count - n)}
        for n in range(count)
        for metric, base in (("pressure", 1_013.0), ("temperature", 21.0))
    ]
    await ask(socket, "readings.put", {"first": 1, "readings": readings})


async def test_a_command_is_acknowledged_and_readings_move_the_chart(
    windows: Windows,
    app: Quart,
    database: Database,
    connected: Connect,
    barometer: RegisteredDevice,
    ada: Person,
) -> None:
    page = await windows.open(ada, f"/devices/{barometer.device.id}")
    await page.wait_for_selector("[data-connection=live]")
    state = page.locator(".command__state").first
    async with connected(barometer.token) as socket:
        await socket.hello({"topic": f"orders:{barometer.device.id}", "presence": True})
        await expect(page.locator("#status")).to_have_text("Online")
        await measure(socket, 30)
        await expect(page.locator("[data-metric=pressure] polyline")).to_have_count(1)

        await page.fill("#name", "restart")
        await page.fill("#arguments", '{"in_seconds": 3')
        await page.click("text=Send")
        await expect(page.locator("#arguments-error")).not_to_be_empty()
        await expect(page.locator("#arguments")).to_have_attribute("aria-invalid", "true")
        await page.fill("#arguments", '{"in_seconds": 3}')
        await page.click("text=Send")
        await expect(state).to_have_text("queued")
        await expect(page.locator("#name")).to_have_value("")
        [order] = (await ask(socket, "devices.fetch_commands", {}))["commands"]
        await expect(state).to_have_text("sent")
        answer = {"id": order["id"], "outcome": "acknowledged", "result": {"said": MARKUP}}
        await ask(socket, "devices.answer_command", answer)
        await expect(state).to_have_text("acknowledged")

        await page.fill("#desired", '{"interval_seconds": 5}')
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.locator("#delta")).to_have_text("The device has yet to follow")
        report = {"version": 1, "state": {"interval_seconds": 5, "firmware": MARKUP}}
        await ask(socket, "devices.report_state", report)
        await expect(page.locator("#delta")).to_have_text("The device is as desired")

        await expect_ends_to_be_told(page, socket, database, resources_of(app).jobs)

    # What a device says is text: it was on the page, and became no part of it.
    await expect(page.locator(".command__result").last).to_contain_text("onerror")
    await expect(page.locator("#reported")).to_contain_text("onerror")
    await expect(page.locator("main img")).to_have_count(0)
    assert await page.title() != "taken over"


async def expect_ends_to_be_told(
    page: Page, socket: Socket, database: Database, jobs: Jobs
) -> None:
    """Sends what is not answered, and what is not fetched: the page is not loaded again."""
    await page.evaluate("window.isTheSame = true")
    state = page.locator(".command__state").first
    await page.fill("#name", "measure")
    await page.click("text=Send")
    await expect(page.locator(".command__name").first).to_have_text("measure")
    await ask(socket, "devices.fetch_commands", {})
    await expect(state).to_have_text("sent")
    async with database.transaction() as work:
        await work.session.execute(OVERDUE)
    await end_overdue(database, jobs)
    await expect(state).to_have_text("timed out")

    # Nobody ends this one: no worker is there.
    await page.evaluate(
        """device => fetch(`/api/v1/devices/${device}/commands`, {
            method: "POST",
            headers: {"Content-Type": "application/json"},
            body: JSON.stringify({name: "sleep", expires_in_seconds: 1}),
        })""",
        await page.locator("#device").get_attribute("data-device"),
    )
    await expect(page.locator(".command__name").first).to_have_text("sleep")
    await expect(state).to_have_text("expired", timeout=PATIENCE_MS)
    assert await page.evaluate("window.isTheSame")
