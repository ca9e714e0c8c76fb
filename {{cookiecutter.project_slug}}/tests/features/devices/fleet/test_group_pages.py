"""The pages of groups as forms: made, filled, renamed, removed; nobody else's, and no scripts."""

from urllib.parse import urlencode

from quart import Response

from app.features.devices.schemas import PAGE_DEVICES as SHOWN
from app.features.devices.schemas import NewDevice
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.service import Devices
from app.settings import Settings
from tests.features.devices.fleet.test_groups import groups
from tests.features.devices.fleet.test_groups import make
from tests.features.devices.fleet.very_many import add_pumps
from tests.people import Person

URL = "/devices/groups"
LONG = "\u00dcberwachungsger\u00e4te" * 4
SCRIPT = "<script>alert('name')</script>"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def send(person: Person, path: str, *fields: tuple[str, object], **headers: str) -> Response:
    answer: Response = await person.client.post(
        path, data=urlencode(fields).encode(), headers=FORM | headers
    )
    return answer


async def test_a_group_is_made_filled_renamed_emptied_and_removed(
    ada: Person, devices: Devices, barometer: RegisteredDevice
) -> None:
    other = await devices.register(ada.principal, NewDevice(name="Thermometer"))
    both = [("devices", str(one.device.id)) for one in (barometer, other)]

    made = await send(ada, URL, ("name", LONG))
    add = made.headers["Location"]
    page = add.removesuffix("/add")
    offered = await (await ada.client.get(add)).get_data(as_text=True)
    filled = await send(ada, page, ("act", "put_in"), *both, *both)
    assert (made.status_code, filled.status_code, filled.headers["Location"]) == (303, 303, page)
    assert "Barometer" in offered
    assert await groups(ada) == [(LONG, 2)]
    assert "Barometer" not in await (await ada.client.get(add)).get_data(as_text=True)
    assert "Barometer" in await (await ada.client.get(page)).get_data(as_text=True)

    await send(ada, page, ("act", "rename"), ("name", "North"))
    await send(ada, page, ("act", "take_out"), both[0])
    assert await groups(ada) == [("North", 1)]

    removed = await send(ada, page, ("act", "remove"))
    assert removed.headers["Location"] == URL
    assert await groups(ada) == []
    assert (await devices.find(ada.principal, other.device.id)).name == "Thermometer"


async def test_all_that_match_are_moved_with_those_that_no_page_shows(
    ada: Person, grace: Person, settings: Settings, barometer: RegisteredDevice
) -> None:
    await add_pumps(settings, grace, count=SHOWN)
    await add_pumps(settings, ada, count=3 * SHOWN)
    group = f"{URL}/{(await make(ada, 'North'))['id']}"
    offered = await (await ada.client.get(f"{group}/add?tag=north")).get_data(as_text=True)
    everything = ("all", "matching")

    wrong = await send(ada, f"{group}?status=asleep", ("act", "put_in"), everything)
    told = [await groups(ada)]
    for path, act in (
        (f"{group}?tag=north", "put_in"),
        (f"{group}?tag=north", "put_in"),
        (f"{group}?q=0000", "take_out"),
        (group, "put_in"),
        (group, "take_out"),
    ):
        assert (await send(ada, path, ("act", act), everything)).status_code == 303
        told.append(await groups(ada))

    assert f"All {3 * SHOWN // 2} that match" in offered
    assert wrong.status_code == 422
    assert [count for [(_, count)] in told] == [0, 75, 75, 70, 151, 0]


async def test_what_makes_no_sense_is_told_beside_what_was_written(
    ada: Person, barometer: RegisteredDevice
) -> None:
    group = f"{URL}/{(await make(ada, 'North'))['id']}"
    await make(ada, "South")
    answers = {
        await send(ada, URL, ("name", " ")): (422, "Give it a name."),
        await send(ada, URL, ("name", "North")): (409, "Another group has this name."),
        await send(ada, group, ("act", "rename"), ("name", "South")): (409, 'value="South"'),
        await send(ada, group, ("act", "rename"), ("name", "x" * 81)): (422, "at most 80"),
        await send(ada, group, ("act", "put_in")): (422, "Choose one device at least."),
        await send(ada, group, ("act", "take_out"), ("devices", "me")): (422, "Choose one device"),
        await send(ada, group, ("act", "sell")): (422, ""),
    }

    found = {answer: await answer.get_data(as_text=True) for answer in answers}
    assert {one: one.status_code for one in answers} == {
        one: status for one, (status, _) in answers.items()
    }
    assert [words for one, (_, words) in answers.items() if words not in found[one]] == []
    assert await groups(ada) == [("North", 0), ("South", 0)]


async def test_devices_and_groups_of_others_are_not_there_and_nothing_moves_by_halves(
    ada: Person, mallory: Person, devices: Devices, barometer: RegisteredDevice
) -> None:
    hers = await devices.register(mallory.principal, NewDevice(name="Mallory's"))
    north, trap = await make(ada, "North"), await make(mallory, "Trap")
    chosen = [("devices", str(one.device.id)) for one in (hers, barometer)]

    statuses = [
        (await send(mallory, f"{URL}/{trap['id']}", ("act", "put_in"), *chosen)).status_code,
        (await send(mallory, f"{URL}/{north['id']}", ("act", "put_in"), chosen[0])).status_code,
        (await send(mallory, f"{URL}/{north['id']}", ("act", "remove"))).status_code,
        (
            await send(
                mallory,
                f"/devices/{hers.device.id}",
                ("name", "Mallory's"),
                ("metrics", "temperature"),
                ("groups", north["id"]),
                ("version", 1),
            )
        ).status_code,
    ]
    outside = await mallory.client.get(f"/api/v1/devices?outside={north['id']}")

    assert statuses == [404, 404, 404, 404]
    assert (await groups(ada), await groups(mallory)) == ([("North", 0)], [("Trap", 0)])
    assert [one["name"] for one in (await outside.get_json())["items"]] == ["Mallory's"]


async def test_a_page_of_another_site_changes_nothing(
    ada: Person, barometer: RegisteredDevice
) -> None:
    group = f"{URL}/{(await make(ada, 'North'))['id']}"
    device = f"/devices/{barometer.device.id}"
    acts: dict[str, list[tuple[str, object]]] = {
        URL: [("name", "Theirs")],
        group: [("act", "remove")],
        device: [("name", "Theirs"), ("metrics", "x"), ("version", 1)],
        f"{device}/token": [],
        f"{device}/revoke": [],
        f"{device}/delete": [],
        f"{device}/commands": [("name", "restart")],
        "/devices/new": [("name", "Theirs"), ("metrics", "x")],
    }

    told = [
        (await send(ada, path, *fields, Origin="https://evil.example")).status_code
        for path, fields in acts.items()
    ]

    assert told == [403] * len(acts)
    assert await groups(ada) == [("North", 0)]
    assert (await send(ada, group, ("act", "remove"))).status_code == 303, "from here it works"


async def test_what_an_owner_says_of_a_device_changes_at_once_or_not_at_all(
    ada: Person, devices: Devices, barometer: RegisteredDevice
) -> None:
    url, device_id = f"/devices/{barometer.device.id}", barometer.device.id
    north, south = await make(ada, "North"), await make(ada, "South")
    said = [("name", "Tower"), ("metrics", "wind, pressure"), ("tags", "roof north")]

    first = await send(ada, url, *said, ("groups", north["id"]), ("version", 1))
    late = await send(ada, url, *said, ("groups", south["id"]), ("version", 1))
    wrong = await send(ada, url, *said[:2], ("tags", "North Roof"), ("version", 2))

    device = await devices.find(ada.principal, device_id)
    assert (first.status_code, late.status_code, wrong.status_code) == (303, 409, 422)
    assert (device.name, device.metrics, device.tags, device.version) == (
        "Tower", ["wind", "pressure"], ["north", "roof"], 2
    )  # fmt: skip
    assert await groups(ada) == [("North", 1), ("South", 0)]
    assert 'value="North Roof"' in await wrong.get_data(as_text=True)


async def test_names_and_documents_are_text_on_every_page(ada: Person, devices: Devices) -> None:
    made = await devices.register(ada.principal, NewDevice(name=SCRIPT))
    group, device = f"{URL}/{(await make(ada, SCRIPT))['id']}", f"/devices/{made.device.id}"
    sent = await ada.client.post(
        f"/api/v1{device}/commands", json={"name": "restart", "arguments": {"why": SCRIPT}}
    )
    assert sent.status_code == 201

    pages = {
        path: await (await ada.client.get(path)).get_data(as_text=True)
        for path in ("/devices", URL, group, f"{group}/add", device)
    }

    assert [path for path, page in pages.items() if SCRIPT in page] == []
    assert [path for path, page in pages.items() if "&lt;script&gt;alert(" not in page] == []
