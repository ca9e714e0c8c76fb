"""Drafts of migrations: the difference, in the branch of its package."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.database.branches import migration_locations
from app.database.draft import draft
from app.database.migrate import migrate
from app.database.migrate import pending
from app.embedded import Urls
from app.errors import Conflict
from app.settings import Settings
from tests import servers


@pytest.fixture
async def fresh(running: Urls, worker: str) -> AsyncIterator[Settings]:
    """Settings of a database of its own, with no tables yet."""
    name = f"drafts_{worker}"
    async with servers.connection(running.database) as admin:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name}")
    yield servers.plain_settings(Urls(servers.database_url(running.database, name), running.redis))
    async with servers.connection(running.database) as admin:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_a_draft_holds_the_difference_and_the_next_one_follows_it(
    fresh: Settings, tmp_path: Path
) -> None:
    await migrate(fresh, locations=migration_locations())
    async with servers.connection(fresh.database.url) as connection:
        await connection.execute("DROP INDEX ix_outbox_created_at")
    locations = [*migration_locations(), tmp_path]

    first = await draft(
        fresh, folder=tmp_path, locations=locations, branch="notes", message="Add notes"
    )
    waiting = await pending(fresh, locations=locations)
    await migrate(fresh, locations=locations)
    second = await draft(
        fresh, folder=tmp_path, locations=locations, branch="notes", message="Then more"
    )

    assert first == tmp_path / "notes_0001_add_notes.py"
    assert "ix_outbox_created_at" in first.read_text()
    assert waiting == ["notes_0001"]
    assert second.name == "notes_0002_then_more.py"
    assert "notes_0001" in second.read_text()
    assert "ix_outbox" not in second.read_text()


async def test_a_database_that_lacks_migrations_is_no_ground_for_a_draft(
    fresh: Settings, tmp_path: Path
) -> None:
    with pytest.raises(Conflict, match="app migrate"):
        await draft(
            fresh,
            folder=tmp_path,
            locations=migration_locations(),
            branch="notes",
            message="Add notes",
        )
