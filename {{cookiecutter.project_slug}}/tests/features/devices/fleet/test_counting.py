"""How many devices somebody has, and how many are connected: in every process, and live."""

import pytest
from quart import Quart
from sqlalchemy import text

from app.database import Database
from app.features.devices.fleet import sightings
from app.features.devices.fleet.counting import fleet_topic
from app.features.devices.schemas import DevicesQuery
from app.features.devices.schemas import NewDevice
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.service import Devices
from tests.features.devices.conftest import page_of
from tests.features.devices.fleet.processes import Process
from tests.people import Person
from tests.realtime.rig import Socket

URL = "/api/v1/devices/counts"
NEVER_SECONDS = 3_600.0
LONG_AGO = text("UPDATE devices_sightings SET seen_at = seen_at - interval '10 minutes'")
HERE = text("SELECT count(*) FROM devices_sightings WHERE gone_at IS NULL")


async def told(socket: Socket) -> tuple[int, int]:
    """Returns the next counts that a page is told."""
    while True:
        frame = await socket.receive()
        if frame["type"] == "message":
            return frame["data"]["registered"], frame["data"]["online"]


@pytest.fixture
def only_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the service itself not look: it would tell its pages the same once more."""
    monkeypatch.setattr(sightings, "LOOK_SECONDS", NEVER_SECONDS)


@pytest.mark.usefixtures("only_when_told", "live_server")
async def test_pages_of_the_owner_are_told_the_counts_of_all_processes(
    app: Quart, live_server: str, devices: Devices, ada: Person, grace: Person
) -> None:
    pumps = [
        (await devices.register(ada.principal, NewDevice(name=f"Pump {n}"))).device.id
        for n in range(3)
    ]
    other = await devices.register(grace.principal, NewDevice(name="Hers"))
    one, another = Process(app, pumps[0]), Process(app, pumps[1], other.device.id)
    async with page_of(live_server, ada) as page:
        await page.hello({"topic": fleet_topic(ada.principal.own_id)})
        await one.sightings.look()
        first = await told(page)
        await another.sightings.look()
        second = await told(page)
        one.counts.changed([ada.principal.own_id])
        await devices.delete(ada.principal, pumps[2])
        await one.sightings.look()

        assert (first, second, await told(page)) == ((3, 1), (3, 2), (2, 2))

    for status, count in (("online", 2), ("offline", 0)):
        found = await devices.page(ada.principal, DevicesQuery.model_validate({"status": status}))
        assert len(found.items) == count


async def test_the_devices_of_a_process_that_died_are_counted_no_longer(
    app: Quart, database: Database, barometer: RegisteredDevice, ada: Person
) -> None:
    died, lives = Process(app, barometer.device.id), Process(app)
    await died.sightings.look()
    before = await (await ada.client.get(URL)).get_json()
    async with database.transaction() as work:
        await work.session.execute(LONG_AGO)
    after = await (await ada.client.get(URL)).get_json()

    lives.sightings._swept_at = -float("inf")
    await lives.sightings.look()

    assert (before["online"], after["online"]) == (1, 0)
    async with database.reading() as session:
        assert await session.scalar(HERE) == 0, "nor are they in the index of who is here"


async def test_counts_are_of_what_is_asked_for_and_of_nobody_else(
    devices: Devices, barometer: RegisteredDevice, ada: Person, grace: Person
) -> None:
    await devices.register(ada.principal, NewDevice(name="Pump"))
    await devices.register(grace.principal, NewDevice(name="Pump"))

    found = {
        query: await (await ada.client.get(f"{URL}{query}")).get_json()
        for query in ("", "?q=pump", "?status=online", "?q=there+is+none")
    }

    assert {query: one["matching"] for query, one in found.items()} == {
        "": 2, "?q=pump": 1, "?status=online": 0, "?q=there+is+none": 0
    }  # fmt: skip
    assert {one["registered"] for one in found.values()} == {2}
    assert (await ada.client.get(f"{URL}?status=asleep")).status_code == 422
