"""What a copy of somebody's data has of devices, and what is left of them afterwards."""

import json
from uuid import UUID

from quart import Quart
from sqlalchemy import text

from app.database import Database
from app.features.devices.readings.removal import FORGET_READINGS
from app.features.devices.schemas import RegisteredDevice
from app.resources import resources_of
from tests.features.devices.access import CANARY
from tests.features.devices.access import scene
from tests.people import Person

TABLES = text(r"""
    SELECT tablename FROM pg_tables WHERE schemaname = 'public'
    AND (tablename = 'devices' OR tablename LIKE 'devices\_%')
    AND tablename NOT LIKE 'devices\_readings%'
""")
HAPPENED = (
    text("INSERT INTO devices_sightings (device_id, seen_at) VALUES (:id, now())"),
    text("INSERT INTO devices_shadows (device_id, desired) VALUES (:id, '{\"on\": true}')"),
)


async def rows(database: Database) -> dict[str, int]:
    """Returns how many rows each table of devices has, beside the readings."""
    async with database.reading() as session:
        names = sorted(await session.scalars(TABLES))
        return {
            name: await session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in names
        }


async def test_a_copy_has_devices_groups_and_commands_which_all_go_with_the_account(
    app: Quart, ada: Person, grace: Person, barometer: RegisteredDevice
) -> None:
    resources = resources_of(app)
    held = resources.identity.personal_data
    before = await rows(resources.database)
    made = await scene(app, grace, ada)
    device_id = UUID(str(made.ids["device_id"]))
    async with resources.database.transaction() as work:
        for statement in HAPPENED:
            await work.session.execute(statement, {"id": device_id})
    during = await rows(resources.database)
    async with resources.database.reading() as session:
        hers = json.loads(
            json.dumps((await held.export(session, grace.principal.own_id))["devices"])
        )
        others = await held.export(session, ada.principal.own_id)

    async with resources.database.transaction() as work:
        await held.erase(work, grace.principal.own_id)

    [device], [group], [command] = hers["devices"], hers["groups"], hers["commands"]
    assert (device["id"], device["name"]) == (str(device_id), CANARY)
    assert (bool(device["last_seen_at"]), device["desired"]) == (True, {"on": True})
    assert (group["name"], group["devices"]) == (CANARY, [str(device_id)])
    assert (command["name"], command["arguments"]) == ("restart", {"where": CANARY})
    assert CANARY not in str(others)
    assert "Barometer" in str(others)
    assert barometer.token not in str(others)
    assert [name for name, count in during.items() if count <= before[name]] == []
    assert await rows(resources.database) == before
    async with resources.database.reading() as session:
        [payload] = await session.scalars(
            text("SELECT payload FROM pgqueuer WHERE entrypoint = :name"), {"name": FORGET_READINGS}
        )
    assert str(device_id) in bytes(payload).decode()
