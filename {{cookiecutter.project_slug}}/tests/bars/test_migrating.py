"""Migrations by several processes at once, of which one may be killed (F25)."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.database.branches import migration_locations
from app.database.migrate import pending
from app.embedded import Urls
from app.settings import Settings
from tests import servers
from tests.programs import environment_of
from tests.programs import running as program_running

pytestmark = pytest.mark.slow

ASLEEP = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'PgSleep'
"""


@pytest.fixture
async def empty(running: Urls, worker: str) -> AsyncIterator[Settings]:
    """Yields settings of a database that holds nothing."""
    name = f"migrating_{worker}"
    async with servers.connection(running.database) as admin:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name}")
    yield servers.plain_settings(Urls(servers.database_url(running.database, name), running.redis))
    async with servers.connection(running.database) as admin:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def migrated(settings: Settings) -> tuple[int, str]:
    """Runs `app migrate`; returns its exit code and what it said."""
    async with program_running("app", "migrate", environment=environment_of(settings)) as program:
        return await program.ended(), program.output


async def test_of_two_processes_that_migrate_one_does_and_one_finds_it_done(
    empty: Settings,
) -> None:
    outcomes = await asyncio.gather(migrated(empty), migrated(empty))

    said = sorted(output for _, output in outcomes)
    assert [code for code, _ in outcomes] == [0, 0]
    assert said[0].startswith("applied ")
    assert said[1] == "nothing to migrate"
    assert await pending(empty, locations=migration_locations()) == []


async def test_a_migration_that_is_killed_leaves_nothing_and_holds_nobody_up(
    empty: Settings, tmp_path: Path
) -> None:
    environment = environment_of(empty)
    name = "tests.bars.slow_migration"
    async with servers.connection(empty.database.url) as admin:
        async with program_running(name, str(tmp_path), environment=environment) as slow:
            async with asyncio.timeout(60):
                while not await admin.fetchval(ASLEEP):  # noqa: ASYNC110 - a process of its own
                    await asyncio.sleep(0.05)
            slow.send(signal.SIGKILL)
            await slow.ended()
        # Its statement would hold the lock for longer than anybody here waits for a program.
        code, said = await migrated(empty)
        left = await admin.fetchval("SELECT to_regclass('half_done')")

    assert code == 0, said
    assert said.startswith("applied ")
    assert left is None
