"""How a device connects, what it may hear, and how its token ends."""

import asyncio

import pytest
from quart import Quart
from sqlalchemy import event

from app.database import Database
from app.errors import Unavailable
from app.features.devices.schemas import NewDevice
from app.features.devices.schemas import RegisteredDevice
from app.features.devices.service import Devices
from app.features.devices.settings import DevicesSettings
from app.features.devices.tokens import Tokens
from app.resources import resources_of
from tests.features.devices.conftest import Connect
from tests.people import Person
from tests.people import join


async def test_a_device_connects_with_its_token_and_hears_no_topic_of_readings(
    connected: Connect, barometer: RegisteredDevice
) -> None:
    async with connected(barometer.token) as socket:
        [heard] = (await socket.hello({"topic": f"devices:{barometer.device.id}"}))["subscriptions"]

    assert heard["error"]["code"] == "forbidden"


async def test_a_token_that_was_changed_in_one_place_stands_for_nobody(
    connected: Connect, barometer: RegisteredDevice
) -> None:
    async with connected(barometer.token[:-1] + "?") as socket:
        await socket.send("hello")

        assert await socket.closed() == 4401


@pytest.mark.parametrize("end", ["replace_token", "revoke", "delete"])
async def test_a_token_that_ends_closes_the_socket_at_once_and_lets_nobody_in_again(
    connected: Connect, devices: Devices, ada: Person, barometer: RegisteredDevice, end: str
) -> None:
    async with connected(barometer.token) as socket:
        await socket.hello()

        await getattr(devices, end)(ada.principal, barometer.device.id)

        assert await socket.closed() == 4401
    async with connected(barometer.token) as again:
        await again.send("hello")
        assert await again.closed() == 4401


async def test_a_revoked_device_comes_back_with_another_token(
    connected: Connect, devices: Devices, ada: Person, barometer: RegisteredDevice
) -> None:
    await devices.revoke(ada.principal, barometer.device.id)
    assert (await devices.find(ada.principal, barometer.device.id)).token_hint is None

    made = await devices.replace_token(ada.principal, barometer.device.id)

    async with connected(made.token) as socket:
        assert await socket.hello()


async def test_the_device_of_somebody_who_was_shut_out_is_shut_out_too(
    app: Quart, connected: Connect, devices: Devices, barometer: RegisteredDevice, ada: Person
) -> None:
    admin = await join(app, "Root", is_admin=True)
    await resources_of(app).identity.people.disable(admin.principal, ada.principal.own_id)

    async with connected(barometer.token) as socket:
        await socket.send("hello")

        assert await socket.closed() == 4401


@pytest.mark.parametrize("end", ["disabled", "deleted"])
async def test_the_devices_of_an_owner_who_goes_are_closed_at_once(
    app: Quart,
    connected: Connect,
    devices: Devices,
    barometer: RegisteredDevice,
    ada: Person,
    grace: Person,
    end: str,
) -> None:
    identity = resources_of(app).identity
    admin = await join(app, "Root", is_admin=True)
    other = await devices.register(grace.principal, NewDevice(name="Other", metrics=["pressure"]))
    async with connected(barometer.token) as socket, connected(other.token) as stays:
        await socket.hello()
        await stays.hello()

        if end == "disabled":
            await identity.people.disable(admin.principal, ada.principal.own_id)
        else:
            assert (await ada.client.delete("/api/v1/accounts/me")).status_code == 204

        assert await socket.closed() == 4401
        assert "result" in await stays.ask("call", method="readings.last", data=None)


async def test_an_owner_who_signs_out_everywhere_leaves_the_devices_connected(
    app: Quart, connected: Connect, barometer: RegisteredDevice, ada: Person
) -> None:
    core = resources_of(app).realtime._core
    async with connected(barometer.token) as socket:
        await socket.hello()

        await resources_of(app).realtime.disconnect(user=ada.principal.own_id)
        await core.sessions.look_at_all()

        assert "result" in await socket.ask("call", method="readings.last", data=None)


async def test_a_look_up_that_nobody_waits_for_ends_with_the_service(
    database: Database, barometer: RegisteredDevice
) -> None:
    tokens = Tokens(database, prefix=DevicesSettings().token_prefix)
    gone, waiting = [asyncio.create_task(tokens.find(barometer.token)) for _ in range(2)]
    await asyncio.sleep(0)
    gone.cancel()
    names = [task.get_name() for task in asyncio.all_tasks()]

    await tokens.close()

    assert "device tokens" in names
    assert "device tokens" not in [task.get_name() for task in asyncio.all_tasks()]
    for asked in (waiting, tokens.find(barometer.token)):
        with pytest.raises(Unavailable, match="the service ends"):
            await asked


async def test_tokens_that_are_asked_for_at_once_share_a_statement(
    app: Quart, devices: Devices, ada: Person, barometer: RegisteredDevice
) -> None:
    others = [await devices.register(ada.principal, NewDevice(name=f"{n}")) for n in range(30)]
    tokens = [one.token for one in (barometer, *others)]
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "token_hash" in statement:  # what else the service does now and then is left out
            statements.append(statement)

    resources = resources_of(app)
    event.listen(resources.database.engine.sync_engine, "before_cursor_execute", note)
    bearers = resources.identity.bearers

    found = await asyncio.gather(*(bearers.find(token) for token in [*tokens, *tokens]))

    ids = [one.principal.machine_id for one in found if one is not None]
    assert ids == [one.device.id for one in (barometer, *others)] * 2
    assert 1 <= len(statements) <= 2
