"""What is desired and what is reported, over REST and over the socket of the device."""

import pytest
from pydantic import JsonValue

from app.database import Database
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.shadow.replica import Replica
from tests.features.devices.conftest import Connect
from tests.people import Person
from tests.realtime.rig import Socket


def url_of(device: RegisteredDevice) -> str:
    return f"/api/v1/devices/{device.device.id}/state"


async def wish(person: Person, device: RegisteredDevice, desired: object, *, version: int) -> int:
    response = await person.client.put(
        f"{url_of(device)}/desired",
        json={"desired": desired},
        headers={"If-Match": f'"{version}"'},
    )
    return int(response.status_code)


async def state(person: Person, device: RegisteredDevice) -> dict[str, JsonValue]:
    response = await person.client.get(url_of(device))
    shown: dict[str, JsonValue] = await response.get_json()
    return shown


async def call(socket: Socket, method: str, **data: object) -> dict[str, JsonValue]:
    reply = await socket.ask("call", method=f"devices.{method}", data=data)
    told: dict[str, JsonValue] = reply["result"]["data"]
    return told


async def sync(socket: Socket, device: Replica) -> None:
    """What a device does whenever it is connected."""
    told = await call(socket, "read_state")
    device.greet(reported_version=int(str(told["reported_version"])))
    desired = told["desired"]
    assert isinstance(desired, dict)
    device.take(desired, int(str(told["desired_version"])))
    device.become(device.delta)
    await call(socket, "report_state", version=device.reported_version, state=device.reported)


async def test_a_wish_is_heard_at_once_done_and_reported(
    connected: Connect, barometer: RegisteredDevice, ada: Person
) -> None:
    device = Replica()
    async with connected(barometer.token) as socket:
        await socket.hello({"topic": f"orders:{barometer.device.id}"})
        assert await wish(ada, barometer, {"interval": 5}, version=0) == 200
        told = await socket.receive()
        before = await state(ada, barometer)
        await sync(socket, device)

    after = await state(ada, barometer)
    assert told["data"]["delta"] == {"interval": 5} == before["delta"]
    assert (after["reported"], after["delta"]) == ({"interval": 5}, {})


async def test_both_sides_change_while_they_are_apart_and_agree_afterwards(
    connected: Connect, barometer: RegisteredDevice, ada: Person
) -> None:
    device = Replica()
    async with connected(barometer.token) as socket:
        await socket.hello()
        await sync(socket, device)
    await wish(ada, barometer, {"interval": 5, "led": {"on": True}}, version=0)
    await wish(ada, barometer, {"interval": 9, "led": {"on": True}}, version=1)
    device.become({"firmware": "1.2", "led": {"on": False, "colour": "red"}})

    async with connected(barometer.token) as socket:
        await socket.hello()
        await sync(socket, device)

    agreed = await state(ada, barometer)
    assert agreed["delta"] == {}
    assert agreed["reported"] == device.reported
    assert device.reported == {
        "firmware": "1.2",
        "interval": 9,
        "led": {"on": True, "colour": "red"},
    }


async def test_an_old_report_changes_nothing_and_is_no_error(
    connected: Connect, barometer: RegisteredDevice, ada: Person
) -> None:
    async with connected(barometer.token) as socket:
        await socket.hello()
        await call(socket, "report_state", version=2, state={"a": 2})
        told = await call(socket, "report_state", version=1, state={"a": 1})

    assert told["reported_version"] == 2
    assert (await state(ada, barometer))["reported"] == {"a": 2}


async def test_who_has_not_seen_the_last_wish_does_not_overwrite_it(
    barometer: RegisteredDevice, ada: Person
) -> None:
    assert await wish(ada, barometer, {"a": 1}, version=0) == 200

    assert await wish(ada, barometer, {"a": 2}, version=0) == 412
    unseen = await ada.client.put(f"{url_of(barometer)}/desired", json={"desired": {"a": 2}})

    assert unseen.status_code == 428
    assert (await state(ada, barometer))["desired"] == {"a": 1}


@pytest.mark.parametrize(
    "desired", [[], 1, {"a": "x" * 9_000}, {"a": {"a": {"a": {"a": {"a": {"a": {}}}}}}}], ids=type
)
async def test_a_wish_that_makes_no_sense_is_refused_and_nothing_is_stored(
    barometer: RegisteredDevice, ada: Person, desired: object
) -> None:
    assert await wish(ada, barometer, desired, version=0) in {400, 422}
    assert (await state(ada, barometer))["desired_version"] == 0


async def test_a_report_that_makes_no_sense_is_refused_and_nothing_is_stored(
    connected: Connect, barometer: RegisteredDevice, ada: Person, database: Database
) -> None:
    bad: list[dict[str, object]] = [
        {"version": 0, "state": {}},
        {"version": 1, "state": []},
        {"version": 1, "state": {"a": "x" * 9_000}},
        {"version": 1, "state": {"a": "\0"}},
        {"version": "1", "state": {}},
        {"state": {}},
    ]
    async with connected(barometer.token) as socket:
        await socket.hello()
        refused = [
            await socket.ask("call", method="devices.report_state", data=data) for data in bad
        ]

    assert [reply["error"]["code"] for reply in refused] == ["invalid"] * len(bad)
    assert (await state(ada, barometer))["reported_version"] == 0
