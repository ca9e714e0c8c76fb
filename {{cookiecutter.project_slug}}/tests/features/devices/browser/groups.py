"""Groups for the pages."""

from uuid import UUID

from app.database import Database
from app.features.devices.fleet import groups
from app.features.devices.fleet import membership
from tests.people import Person


async def make_group(database: Database, person: Person, name: str, *devices: UUID) -> str:
    """Makes a group; returns the path of its page."""
    made = await groups.create(person.principal, database, name=name)
    if devices:
        await membership.put_in(person.principal, database, group_id=made.id, device_ids=devices)
    return f"/devices/groups/{made.id}"
