"""The demo devices: what is stored of them, and that they live."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

import pytest
from quart import Quart
from sqlalchemy import func
from sqlalchemy import select

from app.database import Database
from app.features import devices as feature
from app.features.devices import demo
from app.features.devices.demo.command import thermometers
from app.features.devices.demo.rows import DESIRED
from app.features.devices.demo.rows import id_of
from app.features.devices.settings import DevicesSettings
from app.features.devices.tables import DeviceRow
from app.resources import resources_of
from tests.patience import PATIENCE_SECONDS
from tests.people import Person

API = "/api/v1/devices"
NAME = demo.NAMES[0][0]


async def test_the_demo_devices_are_added_once_and_have_readings(
    database: Database, ada: Person
) -> None:
    for _ in range(2):
        await demo.add_devices(database, DevicesSettings(), password="x")

    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(DeviceRow)) == len(demo.NAMES)
    listed = (await (await ada.client.get(API)).get_json())["items"]
    now = datetime.now(UTC)
    is_just_after_midnight = now - timedelta(minutes=2) < now.replace(hour=0, minute=0, second=0)
    assert is_just_after_midnight or all(one["newest"] for one in listed)


@pytest.fixture
async def living(app: Quart, ada: Person, live_server: str) -> AsyncIterator[asyncio.Task[None]]:
    """Has the first of the demo devices live; yields its life."""
    await feature.add_demo(resources_of(app))
    life = asyncio.create_task(thermometers(live_server)[0].live())
    yield life
    life.cancel()
    await asyncio.gather(life, return_exceptions=True)


async def told(ada: Person, path: str) -> Any:
    """Returns what the service knows of the device."""
    return await (await ada.client.get(f"{API}/{id_of(NAME)}{path}")).get_json()


async def measured_at_ms(ada: Person) -> int:
    """Returns when it measured last; just after midnight it may not have yet."""
    newest = (await told(ada, ""))["newest"].get("temperature", {"at_ms": 0})
    return int(newest["at_ms"])


async def end_of(ada: Person, command: str) -> tuple[str, Any]:
    """Sends a command; returns the state in which it ended, and the result."""
    body = {"name": command, "timeout_seconds": 300}
    sent = await ada.client.post(f"{API}/{id_of(NAME)}/commands", json=body)
    path = f"/commands/{(await sent.get_json())['id']}"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (known := await told(ada, path))["state"] in {"queued", "sent"}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return known["state"], known["result"]


async def test_a_demo_device_measures_obeys_and_becomes_what_is_desired(
    living: asyncio.Task[None], ada: Person
) -> None:
    before = await measured_at_ms(ada)

    measured = await end_of(ada, "measure")
    refused = await end_of(ada, "fly")

    assert (measured[0], list(measured[1])) == ("acknowledged", ["temperature"])
    assert (refused[0], "measure and restart" in refused[1]["reason"]) == ("failed", True)
    assert (await told(ada, "/state"))["reported"] == DESIRED
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await measured_at_ms(ada) <= before:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_demo_device_comes_back_from_a_restart(
    living: asyncio.Task[None], ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.features.devices.demo.thermometer.AWAY_SECONDS", 0.0)

    assert (await end_of(ada, "restart"))[0] == "acknowledged"

    assert (await end_of(ada, "measure"))[0] == "acknowledged"


async def test_a_demo_device_whose_token_is_revoked_stays_away(
    living: asyncio.Task[None], ada: Person
) -> None:
    await end_of(ada, "measure")

    assert (await ada.client.delete(f"{API}/{id_of(NAME)}/token")).status_code == 204

    async with asyncio.timeout(PATIENCE_SECONDS):
        await living


def test_app_dev_is_told_how_they_are_brought_to_life() -> None:
    assert feature.demo_program("http://here.test") == ("devices", "demo", "http://here.test")
