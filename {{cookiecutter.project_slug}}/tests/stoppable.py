"""PostgreSQL and Valkey of one test, which may start them, kill them and start them again."""

from collections.abc import AsyncIterator
from collections.abc import Iterator

import pytest

from app.database.branches import migration_locations
from app.database.migrate import migrate
from app.embedded.place import ephemeral_place
from app.embedded.postgres import Postgres
from app.embedded.server import Server
from app.embedded.valkey import Valkey
from app.settings import Settings
from tests.servers import connection


def stopped(kind: type[Server]) -> Iterator[Server]:
    """Yields one server that has an address and does not run yet, and ends it."""
    place = ephemeral_place()
    server = kind(place)
    yield server
    server.kill()
    place.clear()


@pytest.fixture
async def postgres(settings: Settings) -> AsyncIterator[Server]:
    """Yields a PostgreSQL with all tables that does not run yet."""
    for server in stopped(Postgres):
        server.start()
        patient = settings.database.model_copy(update={"url": server.url})
        own = settings.model_copy(update={"database": patient})
        await migrate(own, locations=migration_locations())
        async with connection(server.url) as admin:
            await admin.execute("CHECKPOINT")  # it forgets what it has not written when killed
        server.kill()
        yield server


@pytest.fixture
def valkey() -> Iterator[Server]:
    """Yields a Valkey that does not run yet."""
    yield from stopped(Valkey)
