"""What the access matrix is to know of devices: one that its owner alone has."""

import time

from quart import Quart

from app.features.devices.commands import service as commands
from app.features.devices.commands.schemas import NewCommand
from app.features.devices.fleet import groups
from app.features.devices.fleet import membership
from app.features.devices.schemas import NewDevice
from app.features.devices.service import devices_of
from app.resources import resources_of
from tests.access.scene import Scene
from tests.people import Person

OPEN: dict[str, str] = {}
CANARY = "Barometer of the old lighthouse"


async def scene(app: Quart, owner: Person, guest: Person) -> Scene:
    """Returns a device of the owner's; the guest has none of it, for devices are not shared."""
    resources, who = resources_of(app), owner.principal
    made = await devices_of(app).register(who, NewDevice(name=CANARY))
    device_id = made.device.id
    reading = {"metric": "temperature", "value": 21.5, "at_ms": int(time.time() * 1000)}
    command = await commands.send(
        who,
        resources.database,
        resources.jobs,
        device_id=device_id,
        new=NewCommand(name="restart", arguments={"where": CANARY}),
    )
    group = await groups.create(who, resources.database, name=CANARY)
    await membership.put_in(who, resources.database, group_id=group.id, device_ids=[device_id])
    calls: dict[str, object] = {
        "readings.put": {"first": 1, "readings": [reading]},
        "readings.last": None,
        "devices.fetch_commands": {},
        "devices.answer_command": {"id": str(command.id), "outcome": "acknowledged"},
        "devices.read_state": {},
        "devices.report_state": {"version": 1, "state": {"where": CANARY}},
    }
    return Scene(
        ids={
            "device_id": device_id,
            "metric": "temperature",
            "command_id": command.id,
            "group_id": group.id,
        },
        bodies={
            "devices.register_device": {"name": CANARY},
            "devices.change_device": {"name": CANARY},
            "device_commands.send_command": {"name": "restart"},
            "device_state.wish": {"desired": {"where": CANARY}},
            "fleet.register_device": {"name": CANARY, "metrics": "temperature"},
            "device_pages.send_command": {"name": "restart"},
            "device_pages.wish": {"desired": "{}", "version": "0"},
            "device_pages.describe_device": {
                "name": CANARY,
                "metrics": "temperature",
                "tags": "north",
                "version": "1",
            },
            "group_pages.create_group": {"name": "Others"},
            "group_pages.change_group": {"act": "rename", "name": "Renamed"},
            "device_groups.create_group": {"name": "Others"},
            "device_groups.rename_group": {"name": "Renamed"},
            "device_groups.set_tags": {"tags": ["north"]},
        },
        headers={"device_state.wish": {"If-Match": "*"}},
        topics={name: str(device_id) for name in ("devices", "device", "orders")}
        | {"fleet": str(who.own_id)},
        calls=calls,
        callers=dict.fromkeys(calls, made.token),
        canary=CANARY,
    )
