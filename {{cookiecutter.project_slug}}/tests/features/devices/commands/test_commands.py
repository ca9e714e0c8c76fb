"""A command on its way from its owner to the device and back."""

from datetime import timedelta
from uuid import UUID
from uuid import uuid4

import pytest
from pydantic import JsonValue
from quart import Quart
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update

from app.database import Database
from app.features.devices.commands import service
from app.features.devices.commands import upkeep
from app.features.devices.commands.schemas import OPEN_MAX
from app.features.devices.commands.schemas import NewCommand
from app.features.devices.commands.tables import CommandRow
from app.features.devices.schemas import NewDevice
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.service import Devices
from app.resources import Resources
from app.resources import resources_of
from tests.features.devices.conftest import Connect
from tests.people import Person
from tests.realtime.rig import Socket


@pytest.fixture
def resources(app: Quart) -> Resources:
    return resources_of(app)


def url_of(device: RegisteredDevice) -> str:
    return f"/api/v1/devices/{device.device.id}/commands"


async def send(person: Person, device: RegisteredDevice, **fields: object) -> dict[str, JsonValue]:
    response = await person.client.post(url_of(device), json={"name": "restart", **fields})
    assert response.status_code == 201, await response.get_data(as_text=True)
    sent: dict[str, JsonValue] = await response.get_json()
    return sent


async def found(person: Person, device: RegisteredDevice, command: object) -> dict[str, JsonValue]:
    response = await person.client.get(f"{url_of(device)}/{command}")
    shown: dict[str, JsonValue] = await response.get_json()
    return shown


async def fetch(socket: Socket) -> list[dict[str, JsonValue]]:
    reply = await socket.ask("call", method="devices.fetch_commands", data={})
    waiting: list[dict[str, JsonValue]] = reply["result"]["data"]["commands"]
    return waiting


async def answer(socket: Socket, command: object, outcome: str = "acknowledged", **more: object):  # type: ignore[no-untyped-def]
    data = {"id": command, "outcome": outcome, **more}
    return await socket.ask("call", method="devices.answer_command", data=data)


async def run_out(database: Database) -> None:
    """Lets an hour pass for every command."""
    hour = timedelta(hours=1)
    async with database.transaction() as work:
        await work.session.execute(
            update(CommandRow).values(
                expires_at=CommandRow.expires_at - hour,
                ends_at=CommandRow.ends_at - hour,
                sent_at=CommandRow.sent_at - hour,
            )
        )


async def test_a_connected_device_hears_of_a_command_and_its_owner_of_every_step(
    connected: Connect, barometer: RegisteredDevice, ada: Person
) -> None:
    topic = f"orders:{barometer.device.id}"
    async with connected(barometer.token) as socket:
        await socket.hello({"topic": topic})

        sent = await send(ada, barometer, arguments={"in_seconds": 3})
        told = await socket.receive()
        [order] = await fetch(socket)
        in_between = await found(ada, barometer, sent["id"])
        reply = await answer(socket, order["id"], result={"uptime": 0})

    ended = await found(ada, barometer, sent["id"])
    assert told["data"] == {"type": "command_queued", "command_id": sent["id"]}
    assert (order["id"], order["arguments"], order["delivery"]) == (
        sent["id"],
        {"in_seconds": 3},
        1,
    )
    assert [sent["state"], in_between["state"], ended["state"]] == [
        "queued",
        "sent",
        "acknowledged",
    ]
    assert [sent["version"], in_between["version"], ended["version"]] == [1, 2, 3]
    assert (ended["result"], reply["result"]["data"]) == ({"uptime": 0}, {"state": "acknowledged"})


async def test_a_device_that_was_cut_off_is_given_a_command_again_with_its_id(
    connected: Connect, barometer: RegisteredDevice, ada: Person
) -> None:
    first, second = await send(ada, barometer), await send(ada, barometer)

    async with connected(barometer.token) as socket:
        await socket.hello()
        before = await fetch(socket)
        await answer(socket, first["id"], "failed", result={"why": "jammed"})
    async with connected(barometer.token) as socket:
        await socket.hello()
        after = await fetch(socket)

    assert [one["id"] for one in before] == [first["id"], second["id"]]
    assert [(one["id"], one["delivery"]) for one in after] == [(second["id"], 2)]
    assert (await found(ada, barometer, first["id"]))["result"] == {"why": "jammed"}


async def test_an_answer_that_comes_twice_or_too_late_changes_nothing(
    connected: Connect, barometer: RegisteredDevice, ada: Person, database: Database
) -> None:
    first, second = await send(ada, barometer), await send(ada, barometer)
    async with connected(barometer.token) as socket:
        await socket.hello()
        await fetch(socket)
        await answer(socket, first["id"])
        twice = await answer(socket, first["id"], "failed")
        await run_out(database)
        late = await answer(socket, second["id"], result={"late": True})

    ended = await found(ada, barometer, second["id"])
    assert twice["result"]["data"] == {"state": "acknowledged"}
    assert late["result"]["data"] == {"state": "timed_out"}
    assert (ended["state"], ended["result"]) == ("timed_out", None)


async def test_what_a_device_did_not_fetch_in_time_has_expired_and_is_not_given_to_it(
    connected: Connect, barometer: RegisteredDevice, ada: Person, database: Database
) -> None:
    sent = await send(ada, barometer)
    await run_out(database)

    shown = await found(ada, barometer, sent["id"])
    async with connected(barometer.token) as socket:
        await socket.hello()
        given = await fetch(socket)

    assert shown["state"] == "expired", "it is shown so before anybody has stored it"
    assert given == []


async def test_a_job_ends_a_command_whatever_becomes_of_the_process_that_sent_it(
    resources: Resources, barometer: RegisteredDevice, ada: Person, database: Database
) -> None:
    """The job is in the transaction of the command; another worker finds both."""
    sent = await send(ada, barometer)
    async with database.reading() as session:
        counted = text("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'devices.end_command'")
        waiting = await session.scalar(counted)
    await run_out(database)

    await resources.jobs.tasks["devices.end_command"]({"command_id": sent["id"]})

    assert waiting == 1
    assert await states(database) == ["expired"]


async def states(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(select(CommandRow.state).order_by(CommandRow.number)))


async def test_what_no_job_ended_is_ended_by_the_schedule_and_forgotten_later(
    resources: Resources, barometer: RegisteredDevice, ada: Person, database: Database
) -> None:
    await send(ada, barometer)
    await send(ada, barometer, expires_in_seconds=7_200)
    await run_out(database)

    assert await service.end_overdue(database, resources.jobs) == 1
    assert await states(database) == ["expired", "queued"]

    await upkeep.delete_old(database, days=0.0)
    assert await states(database) == ["queued"], "what is open is not old"


async def test_a_command_with_a_key_is_sent_once(
    barometer: RegisteredDevice, ada: Person, database: Database
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    body = {"name": "restart"}

    first = await ada.client.post(url_of(barometer), json=body, headers=key)
    again = await ada.client.post(url_of(barometer), json=body, headers=key)

    assert await first.get_json() == await again.get_json()
    assert await states(database) == ["queued"]


async def test_commands_are_listed_in_pages_the_newest_first(
    barometer: RegisteredDevice, ada: Person
) -> None:
    sent = [(await send(ada, barometer))["id"] for _ in range(3)]

    first = await ada.client.get(f"{url_of(barometer)}?count=2")
    link = first.headers["Link"]
    second = await ada.client.get(link[1 : link.index(">")])

    listed = [one for page in (first, second) for one in (await page.get_json())["items"]]
    assert [one["id"] for one in listed] == sent[::-1]
    assert "Link" not in second.headers


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "Restart"},
        {"name": "x" * 65},
        {"name": "x", "arguments": []},
        {"name": "x", "arguments": {"a": "x" * 9_000}},
        {"name": "x", "arguments": {"a": {"a": {"a": {"a": {"a": {"a": {}}}}}}}},
        {"name": "x", "timeout_seconds": 0},
        {"name": "x", "timeout_seconds": 1e9},
        {"name": "x", "timeout_seconds": True},
        {"name": "x", "expires_in_seconds": -1},
    ],
    ids=lambda body: str(body)[:60],
)
async def test_what_makes_no_sense_is_refused_and_nothing_is_stored(
    barometer: RegisteredDevice, ada: Person, database: Database, body: dict[str, JsonValue]
) -> None:
    response = await ada.client.post(url_of(barometer), json=body)

    assert response.status_code in {400, 422}
    assert (await response.get_json())["errors"]
    assert await states(database) == []


async def test_a_device_with_too_many_waiting_takes_no_more(
    resources: Resources, barometer: RegisteredDevice, ada: Person, database: Database
) -> None:
    new = NewCommand(name="restart")
    for _ in range(OPEN_MAX):
        await service.send(
            ada.principal,
            database,
            resources.jobs,
            device_id=barometer.device.id,
            new=new,
        )

    response = await ada.client.post(url_of(barometer), json={"name": "restart"})

    assert response.status_code == 409
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(CommandRow)) == OPEN_MAX


async def test_a_device_answers_for_itself_alone(
    connected: Connect, devices: Devices, barometer: RegisteredDevice, ada: Person
) -> None:
    other = await devices.register(ada.principal, NewDevice(name="Other"))
    sent = await send(ada, barometer)

    async with connected(other.token) as socket:
        await socket.hello()
        given = await fetch(socket)
        refused = await answer(socket, sent["id"])
        nonsense = await answer(socket, "nonsense")

    assert given == []
    assert UUID(str(sent["id"]))
    assert refused["error"]["code"] in {"forbidden", "invalid"}
    assert nonsense["error"]["code"] == "invalid"
    assert (await found(ada, barometer, sent["id"]))["state"] == "queued"
