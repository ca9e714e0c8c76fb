import pytest
from pydantic import JsonValue

from app.features.devices.schemas import RegisteredDevice
from tests.people import Person

URL = "/api/v1/devices/groups"


async def make(person: Person, name: str) -> dict[str, JsonValue]:
    response = await person.client.post(URL, json={"name": name})
    assert response.status_code == 201
    made: dict[str, JsonValue] = await response.get_json()
    return made


async def groups(person: Person) -> list[tuple[str, int]]:
    listed = (await (await person.client.get(URL)).get_json())["items"]
    return [(one["name"], one["device_count"]) for one in listed]


async def test_a_device_is_put_into_groups_and_taken_out(
    ada: Person, barometer: RegisteredDevice
) -> None:
    north, south = await make(ada, "North"), await make(ada, "South")
    place = f"{URL}/{north['id']}/devices/{barometer.device.id}"

    assert (await ada.client.put(place)).status_code == 204
    assert (await ada.client.put(place)).status_code == 204
    assert await groups(ada) == [("North", 1), ("South", 0)]

    assert (await ada.client.delete(place)).status_code == 204
    assert (await ada.client.delete(f"{URL}/{south['id']}")).status_code == 204
    assert await groups(ada) == [("North", 0)]


async def test_a_group_has_a_name_of_its_own(ada: Person, mallory: Person) -> None:
    north, south = await make(ada, "North"), await make(ada, "South")

    again = await ada.client.post(URL, json={"name": "North"})
    renamed = await ada.client.patch(f"{URL}/{south['id']}", json={"name": "North"})
    kept = await ada.client.patch(f"{URL}/{north['id']}", json={"name": "North"})

    assert (again.status_code, renamed.status_code, kept.status_code) == (409, 409, 200)
    assert await make(mallory, "North"), "the names of others do not matter"


async def test_somebody_elses_device_gets_into_no_group(
    mallory: Person, barometer: RegisteredDevice
) -> None:
    mine = await make(mallory, "Mine")

    refused = await mallory.client.put(f"{URL}/{mine['id']}/devices/{barometer.device.id}")

    assert refused.status_code == 404
    assert await groups(mallory) == [("Mine", 0)]


@pytest.mark.parametrize(
    "tags",
    [["North"], ["a b"], [""], ["x" * 41], [f"t{n}" for n in range(21)], "north", [1]],
    ids=str,
)
async def test_tags_that_make_no_sense_are_refused(
    ada: Person, barometer: RegisteredDevice, tags: object
) -> None:
    url = f"/api/v1/devices/{barometer.device.id}/tags"

    assert (await ada.client.put(url, json={"tags": tags})).status_code in {400, 422}


async def test_tags_replace_those_before_and_are_kept_once(
    ada: Person, barometer: RegisteredDevice
) -> None:
    url = f"/api/v1/devices/{barometer.device.id}/tags"
    await ada.client.put(url, json={"tags": ["old"]})

    answer = await ada.client.put(url, json={"tags": ["roof", "north", "roof"]})

    assert await answer.get_json() == {"tags": ["north", "roof"]}
