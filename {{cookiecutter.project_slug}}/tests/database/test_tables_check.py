"""A process is ready once the tables are those of its version."""

from collections.abc import AsyncIterator

import pytest
import structlog

from app.database import Database
from app.database.branches import migration_locations
from app.database.migrate import migrate
from app.database.tables_check import TablesCheck
from app.embedded import Urls
from app.errors import Unavailable
from app.settings import Settings
from tests import servers


@pytest.fixture
async def empty(running: Urls, worker: str) -> AsyncIterator[Settings]:
    """Yields settings of a database that holds nothing."""
    name = f"unready_{worker}"
    async with servers.connection(running.database) as admin:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name}")
    yield servers.plain_settings(Urls(servers.database_url(running.database, name), running.redis))
    async with servers.connection(running.database) as admin:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_process_waits_for_its_migrations_and_tells_which_in_the_log_once(
    empty: Settings, databases: servers.Databases
) -> None:
    database = databases.at(empty.database)
    check = TablesCheck(database, migration_locations())

    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            with pytest.raises(Unavailable) as told:
                await check.run()
    await migrate(empty, locations=migration_locations())
    await check.run()

    (line,) = [one for one in lines if one["event"] == "migrations_wait"]
    assert "identity_0001" in " ".join(line["revisions"])
    assert told.value.detail == "migrations wait"


async def test_an_older_process_stays_ready_beside_the_tables_of_a_newer_one(
    settings: Settings, database: Database
) -> None:
    async with servers.connection(settings.database.url) as admin:
        await admin.execute("INSERT INTO alembic_version VALUES ('identity_9999_of_tomorrow')")
        try:
            await TablesCheck(database, migration_locations()).run()
        finally:
            await admin.execute("DELETE FROM alembic_version WHERE version_num LIKE '%tomorrow'")
