"""Readings over sockets: numbered, acknowledged once they are stored, never stored twice."""

import asyncio
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest
from quart import Quart
from sqlalchemy import text

from app.database import Database
from app.features.devices.readings.batches import BATCH_MAX_READINGS
from app.features.devices.readings.removal import FORGET_READINGS
from app.features.devices.readings.removal import forget_readings
from app.features.devices.schemas import DeviceChange
from app.features.devices.schemas import NewDevice
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.service import Devices
from tests.features.devices.conftest import Connect
from tests.features.devices.conftest import page_of
from tests.features.devices.talking import batch
from tests.features.devices.talking import now_ms
from tests.features.devices.talking import put
from tests.features.devices.talking import reading
from tests.features.devices.talking import stored
from tests.people import Person

FUTURE_MS = 86_400_000  # so far that it still is when the last test runs
KEPT_MS = 30 * 86_400_000
BAD: dict[str, tuple[object, str]] = {
    "no batch": (None, "Expected `object`"),
    "no readings": ({"first": 1, "readings": []}, "length >= 1"),
    "too many": (batch(1, BATCH_MAX_READINGS + 1), "length <= 500"),
    "number 0": (batch(0), ">= 1"),
    "a text for a value": ({"first": 1, "readings": [reading() | {"value": "NaN"}]}, "`float`"),
    "nothing for a value": ({"first": 1, "readings": [reading() | {"value": None}]}, "`float`"),
    "true for a value": ({"first": 1, "readings": [reading() | {"value": True}]}, "`float`"),
    "a metric with a space": ({"first": 1, "readings": [reading(metric="a b")]}, "regex"),
    "a long metric": ({"first": 1, "readings": [reading(metric="p" * 41)]}, "regex"),
    "an unknown metric": ({"first": 1, "readings": [reading(metric="wind")]}, "unknown metric"),
    "a moment before 1970": ({"first": 1, "readings": [reading(at_ms=-1)]}, ">= 0"),
    "too old": (
        {"first": 1, "readings": [reading(at_ms=now_ms() - KEPT_MS - 60_000)]},
        "too old",
    ),
    "in the future": (
        {"first": 1, "readings": [reading(), reading(at_ms=now_ms() + FUTURE_MS)]},
        "in the future",
    ),
    "a hole": (batch(2), "a hole"),
}


async def test_a_batch_is_acknowledged_once_it_is_stored(
    connected: Connect,
    barometer: RegisteredDevice,
    database: Database,
    devices: Devices,
    ada: Person,
) -> None:
    async with connected(barometer.token) as socket:
        await socket.hello()

        told = await put(socket, batch(1, 3))

        assert told["result"] == {"data": {"last": 3, "stored": 3}}
        assert await stored(database, barometer.device.id) == [1, 2, 3]
    device = await devices.find(ada.principal, barometer.device.id)
    assert (device.last_number, device.newest["pressure"].value) == (3, 3.0)
    assert device.last_seen_at is not None


async def test_what_is_repeated_or_overlaps_is_stored_once(
    connected: Connect, barometer: RegisteredDevice, database: Database
) -> None:
    async with connected(barometer.token) as socket:
        await socket.hello()
        sent = [batch(1, 3), batch(1, 3), batch(2, 4), batch(6, 1), batch(1, 1)]

        told = [(await put(socket, one))["result"]["data"] for one in sent]

    assert [(one["last"], one["stored"]) for one in told] == [
        (3, 3),
        (3, 0),
        (5, 2),
        (6, 1),
        (6, 0),
    ]
    assert await stored(database, barometer.device.id) == [1, 2, 3, 4, 5, 6]


async def test_after_a_cut_a_device_learns_how_far_it_came(
    connected: Connect, barometer: RegisteredDevice
) -> None:
    async with connected(barometer.token) as socket:
        await socket.hello()
        assert (await socket.ask("call", method="readings.last", data=None))["result"] == {
            "data": {"last": 0}
        }
        await put(socket, batch(1, 5))

    async with connected(barometer.token) as again:
        await again.hello()
        told = await again.ask("call", method="readings.last", data=None)

    assert told["result"] == {"data": {"last": 5}}


async def test_what_a_device_lost_for_good_is_skipped_when_it_says_so(
    connected: Connect, barometer: RegisteredDevice, database: Database
) -> None:
    async with connected(barometer.token) as socket:
        await socket.hello()
        await put(socket, batch(1, 2))

        told = await put(socket, batch(10, 2, skip=True))

    assert told["result"]["data"] == {"last": 11, "stored": 2}
    assert await stored(database, barometer.device.id) == [1, 2, 10, 11]


async def test_what_makes_no_sense_is_refused_with_a_reason_and_nothing_is_stored(
    connected: Connect, barometer: RegisteredDevice, database: Database
) -> None:
    async with connected(barometer.token) as socket:
        await socket.hello()

        told = {name: (await put(socket, data))["error"] for name, (data, _) in BAD.items()}

        assert {error["code"] for error in told.values()} == {"invalid"}
        assert {n: told[n] for n, (_, why) in BAD.items() if why not in told[n]["message"]} == {}
        assert await stored(database, barometer.device.id) == []
        assert "result" in await put(socket, batch(1))


@pytest.mark.parametrize(
    ("value", "end"),
    [("NaN", 4400), ("-Infinity", 4400), ("1e999", "invalid"), ("x" * 70_000, 1009)],
)
async def test_what_is_no_number_or_far_too_long_is_refused_on_the_wire(
    connected: Connect,
    barometer: RegisteredDevice,
    database: Database,
    value: str,
    end: int | str,
) -> None:
    line = (
        '{"type":"call","id":7,"method":"readings.put","data":{"first":1,"readings":'
        f'[{{"metric":"pressure","value":{value},"at_ms":{now_ms()}}}]}}}}'
    )
    async with connected(barometer.token) as socket:
        await socket.hello()
        await socket.connection.send(line)

        if isinstance(end, int):
            assert await socket.closed() == end
        else:
            assert (await socket.receive())["error"]["code"] == end
    assert await stored(database, barometer.device.id) == []


async def test_a_bad_batch_takes_no_other_along(
    connected: Connect,
    barometer: RegisteredDevice,
    devices: Devices,
    ada: Person,
    database: Database,
) -> None:
    other = await devices.register(ada.principal, NewDevice(name="Other", metrics=["pressure"]))
    async with connected(barometer.token) as bad, connected(other.token) as good:
        await asyncio.gather(bad.hello(), good.hello())

        refused, accepted = await asyncio.gather(put(bad, batch(5)), put(good, batch(1, 2)))

    assert refused["error"]["code"] == "invalid"
    assert accepted["result"]["data"]["stored"] == 2
    assert await stored(database, barometer.device.id) == []
    assert await stored(database, other.device.id) == [1, 2]


async def test_other_metrics_hold_from_the_next_batch_on(
    connected: Connect, barometer: RegisteredDevice, devices: Devices, ada: Person
) -> None:
    async with connected(barometer.token) as socket:
        await socket.hello()
        assert "result" in await put(socket, batch(1))

        await devices.change(
            ada.principal,
            barometer.device.id,
            DeviceChange(metrics=["wind"]),
            expected_version=None,
        )

        assert "unknown metric" in (await put(socket, batch(2)))["error"]["message"]
        told = await put(socket, {"first": 2, "readings": [reading(metric="wind")]})
        assert told["result"]["data"]["last"] == 2


async def test_people_put_no_readings_whatever_they_own(
    live_server: str, ada: Person, barometer: RegisteredDevice, database: Database
) -> None:
    async with page_of(live_server, ada) as page:
        await page.hello()

        told = await put(page, batch(1))

    assert told["error"]["code"] == "forbidden"


async def test_the_owner_hears_the_newest_of_each_metric(
    live_server: str, connected: Connect, ada: Person, barometer: RegisteredDevice
) -> None:
    topic = f"devices:{barometer.device.id}"
    async with (
        page_of(live_server, ada) as page,
        connected(barometer.token) as socket,
    ):
        await page.hello({"topic": topic})
        await socket.hello()
        before = now_ms()
        await put(
            socket,
            {
                "first": 1,
                "readings": [
                    reading(1.0, at_ms=before),
                    reading(2.0, at_ms=before - 5_000),
                    reading(20.0, metric="temperature", at_ms=before),
                ],
            },
        )

        heard = (await page.receive())["data"]

        assert heard["last"] == 3
        assert heard["newest"] == {
            "pressure": {"value": 1.0, "at_ms": before},
            "temperature": {"value": 20.0, "at_ms": before},
        }
        assert [one["value"] for one in heard["readings"]] == [1.0, 2.0, 20.0]


async def test_a_range_is_told_in_as_many_points_as_were_asked_for(
    connected: Connect, ada: Person, barometer: RegisteredDevice
) -> None:
    end = datetime.now(UTC)
    begin = end - timedelta(seconds=100)
    begin_ms = int(begin.timestamp() * 1000)
    readings = [reading(float(n), at_ms=begin_ms + 1000 * n + 500) for n in range(100)]
    async with connected(barometer.token) as socket:
        await socket.hello()
        await put(socket, {"first": 1, "readings": readings})
    url = f"/api/v1/devices/{barometer.device.id}/readings/pressure"
    asked = {"begin": begin.isoformat(), "end": end.isoformat()}

    ten = await (await ada.client.get(url, query_string=asked | {"points": 10})).get_json()
    all_of_them = await (await ada.client.get(url, query_string=asked)).get_json()
    too_many = await ada.client.get(url, query_string=asked | {"points": 2_001})
    backwards = await ada.client.get(
        url, query_string={"begin": asked["end"], "end": asked["begin"]}
    )

    assert len(ten["points"]) == 10
    assert ten["points"][0] == {
        "at": ten["points"][0]["at"],
        "mean": 4.5,
        "least": 0.0,
        "most": 9.0,
        "count": 10,
    }
    assert sum(point["count"] for point in ten["points"]) == 100
    assert len(all_of_them["points"]) == 100
    assert too_many.status_code == backwards.status_code == 422


async def test_a_removed_device_leaves_no_readings_behind(
    app: Quart,
    connected: Connect,
    ada: Person,
    barometer: RegisteredDevice,
    devices: Devices,
    database: Database,
) -> None:
    async with connected(barometer.token) as socket:
        await socket.hello()
        await put(socket, batch(1, 3))
        assert await stored(database, barometer.device.id) == [1, 2, 3]

    await devices.delete(ada.principal, barometer.device.id)

    async with database.reading() as session:
        [job] = await session.scalars(
            text("SELECT payload FROM pgqueuer WHERE entrypoint = :name"), {"name": FORGET_READINGS}
        )
    assert str(barometer.device.id) in bytes(job).decode()
    await forget_readings(database, {"device_ids": [str(barometer.device.id)]})
    assert await stored(database, barometer.device.id) == []
