"""A fleet of very many devices, registered by one statement for each table."""

from app.settings import Settings
from tests.people import Person
from tests.servers import connection

# In a hundred moments, so that pages end among devices that were registered at once.
DEVICES = """
    INSERT INTO devices (id, owner_id, name, metrics, tags, created_at)
    SELECT gen_random_uuid(), $1,
           'Pump ' || to_char(n, 'FM00000')
               || CASE WHEN n % 70 = 1 THEN repeat(' of a very long name indeed', 2) ELSE '' END,
           '{temperature,humidity}',
           ARRAY[CASE WHEN n % 100 = 1 THEN 'attic' ELSE 'cellar' END,
                 CASE WHEN n % 2 = 0 THEN 'south' ELSE 'north' END],
           now() - make_interval(secs => n / 100)
    FROM generate_series(1, $2::int) AS n
"""
PROGRESS = """
    INSERT INTO devices_progress (device_id, newest, last_seen_at)
    SELECT id, '{"temperature": {"value": 21.523, "at_ms": 1767225600000}}', now()
    FROM devices WHERE owner_id = $1 ON CONFLICT DO NOTHING
"""
# A tenth of them is connected and stays so however slow a test is, the others were yesterday.
SIGHTINGS = """
    INSERT INTO devices_sightings (device_id, owner_id, seen_at, gone_at)
    SELECT id, owner_id, at, CASE WHEN at < now() THEN at END
    FROM devices, LATERAL (SELECT now() - CASE
        WHEN name LIKE 'Pump ____0%' THEN interval '-1 hour' ELSE interval '1 day' END) AS seen (at)
    WHERE owner_id = $1 AND name LIKE 'Pump %'
"""


async def add_pumps(settings: Settings, owner: Person, *, count: int) -> None:
    """Registers that many pumps without tokens, on a connection that may take its time."""
    async with connection(settings.database.url) as raw:
        await raw.execute(DEVICES, owner.principal.own_id, count)
        for statement in (PROGRESS, SIGHTINGS):
            await raw.execute(statement, owner.principal.own_id)
        await raw.execute("VACUUM (ANALYZE) devices, devices_progress, devices_sightings")
