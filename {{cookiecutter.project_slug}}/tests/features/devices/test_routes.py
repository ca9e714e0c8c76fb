"""Devices over REST: registered, listed, changed, and their tokens."""

from urllib.parse import urlencode

import pytest
from quart import Quart
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict
from app.features.devices.schemas import NewDevice
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.service import Devices
from app.features.devices.settings import DevicesSettings
from app.features.devices.tables import DeviceRow
from app.features.devices.tokens import Tokens
from app.identity.audit import AuditRow
from app.principal import UserId
from app.resources import resources_of
from tests.people import Person

URL = "/api/v1/devices"


async def test_a_device_is_registered_and_its_token_shown_this_once(
    ada: Person, database: Database
) -> None:
    response = await ada.client.post(URL, json={"name": " Barometer ", "metrics": ["pressure"]})

    made = await response.get_json()
    device, token = made["device"], made["token"]
    assert response.status_code == 201
    assert response.headers["Location"] == f"{URL}/{device['id']}"
    assert (device["name"], device["metrics"], device["last_number"]) == (
        "Barometer",
        ["pressure"],
        0,
    )
    assert token.startswith(device["token_hint"])
    found = await (await ada.client.get(f"{URL}/{device['id']}")).get_data(as_text=True)
    assert token not in found
    async with database.reading() as session:
        [row] = await session.scalars(select(DeviceRow))
        [entry] = await session.scalars(select(AuditRow).where(AuditRow.event.like("device.%")))
    assert token.encode() not in (row.token_hash or b"")
    assert (entry.event, entry.details) == ("device.registered", {"device_id": device["id"]})


BAD: list[dict[str, object]] = [
    {},
    {"name": ""},
    {"name": "x" * 81},
    {"name": "a\x00b"},
    {"name": "a\nb"},
    {"name": "\u202eretemomrehT"},
    {"name": "x", "metrics": []},
    {"name": "x", "metrics": ["Pressure"]},
    {"name": "x", "metrics": ["a", "a"]},
    {"name": "x", "metrics": ["p" * 41]},
    {"name": "x", "metrics": [f"m{number}" for number in range(33)]},
]


async def test_what_makes_no_sense_is_refused_and_nothing_is_stored(
    ada: Person, database: Database
) -> None:
    statuses = {str(body): (await ada.client.post(URL, json=body)).status_code for body in BAD}

    assert {body: status for body, status in statuses.items() if status not in {400, 422}} == {}
    async with database.reading() as session:
        assert (await session.scalars(select(DeviceRow))).all() == []


async def test_devices_are_listed_in_pages_that_link_to_each_other(ada: Person) -> None:
    for number in range(3):
        await ada.client.post(URL, json={"name": f"{number}"})

    first = await ada.client.get(f"{URL}?count=2")
    page = await first.get_json()
    second = await ada.client.get(f"{URL}?{urlencode({'count': 2, 'cursor': page['next']})}")
    last = await second.get_json()

    assert [one["name"] for one in page["items"] + last["items"]] == ["2", "1", "0"]
    assert 'rel="next"' in first.headers["Link"]
    assert last["next"] is None


async def test_a_device_is_renamed_unless_it_has_changed_meanwhile(
    ada: Person, barometer: RegisteredDevice
) -> None:
    url = f"{URL}/{barometer.device.id}"

    renamed = await ada.client.patch(url, json={"name": "Tower"}, headers={"If-Match": '"1"'})
    stale = await ada.client.patch(url, json={"name": "Cellar"}, headers={"If-Match": '"1"'})

    changed = await renamed.get_json()
    assert renamed.status_code == 200
    assert (changed["name"], changed["version"]) == ("Tower", 2)
    assert changed["metrics"] == ["pressure", "temperature"]
    assert stale.status_code == 412


async def test_a_deleted_device_is_gone(ada: Person, barometer: RegisteredDevice) -> None:
    url = f"{URL}/{barometer.device.id}"
    assert (await ada.client.get(url)).status_code == 200

    assert (await ada.client.delete(url)).status_code == 204

    assert (await ada.client.get(url)).status_code == 404
    assert (await (await ada.client.get(URL)).get_json())["items"] == []


async def test_nobody_has_more_devices_than_the_setting_says(app: Quart, ada: Person) -> None:
    resources = resources_of(app)
    one = DevicesSettings.model_construct(per_person=1)
    devices = Devices(
        resources.database,
        one,
        Tokens(resources.database, prefix=one.token_prefix),
        jobs=resources.jobs,
        disconnect=resources.realtime.disconnect,
        changed=set[UserId]().update,
    )
    await devices.register(ada.principal, NewDevice(name="One"))

    with pytest.raises(Conflict, match="1 devices are the most"):
        await devices.register(ada.principal, NewDevice(name="Two"))
