"""Brings the tables up to date: one Alembic branch per package, all of them in one transaction."""

from collections.abc import AsyncIterator
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.ext.asyncio import create_async_engine

from app.database.address import secured
from app.database.address import shown
from app.database.failures import told_in_one_line
from app.settings import Settings

ENVIRONMENT = Path(__file__).parent / "migrations"
# Any number that nothing else in the database locks; two migrations at once take turns.
ADVISORY_LOCK = 7_216_354
NOTICE_INTERVAL = "2s"


class UnknownMigrations(ValueError):
    """The database has migrations that are not in this code, so none can be applied after them."""

    def __init__(self, unknown: set[str]) -> None:
        super().__init__(
            f"the database has migrations that this code has not: {', '.join(sorted(unknown))}."
            " They are of a newer version, or of a feature that was removed: docs/database.md"
        )


def alembic_config(locations: Sequence[Path]) -> Config:
    """Returns Alembic's configuration for the branches in the folders ``locations``."""
    config = Config()
    config.set_main_option("script_location", str(ENVIRONMENT).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    paths = "\n".join(str(location) for location in locations)
    config.set_main_option("version_locations", paths.replace("%", "%%"))
    return config


async def migrate(settings: Settings, *, locations: Sequence[Path]) -> list[str]:
    """Applies what is pending and returns the revisions it applied, in order.

    A second process that migrates at the same time waits for the first and finds nothing to do. A
    migration that fails, or is killed half-way, leaves the database as it was.

    Raises:
        Unavailable: PostgreSQL is away; the one line says where and why.
        UnknownMigrations: they are of a newer version, or of a feature that was removed.
    """
    config = alembic_config(locations)

    def upgrade(connection: Connection) -> list[str]:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
        if unknown := unknown_on(connection, config):
            raise UnknownMigrations(unknown)
        before = pending_on(connection, config)
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
        return before

    async with migration_engine(settings) as engine, engine.begin() as connection:
        return await connection.run_sync(upgrade)


async def pending(settings: Settings, *, locations: Sequence[Path]) -> list[str]:
    """Returns the revisions that ``migrate`` would apply.

    Raises:
        Unavailable: PostgreSQL is away; the one line says where and why.
    """
    async with migration_engine(settings) as engine, engine.connect() as connection:
        return await connection.run_sync(pending_on, alembic_config(locations))


@asynccontextmanager
async def migration_engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """Yields an engine without the limits of the service: a migration may take its time.

    When the process is killed, PostgreSQL notices within seconds instead of at the end of the
    statement, and the next migration need not wait for that.
    """
    url, tls = secured(settings.database.url)
    arguments = {
        **tls,
        "timeout": settings.database.connect_seconds,
        "server_settings": {"client_connection_check_interval": NOTICE_INTERVAL},
    }
    engine = create_async_engine(url, connect_args=arguments)
    try:
        with told_in_one_line(shown(url)):
            yield engine
    finally:
        await engine.dispose()


def unknown_on(connection: Connection, config: Config) -> set[str]:
    """Returns the revisions that the database has and this code has not."""
    known = ScriptDirectory.from_config(config).walk_revisions("base", "heads")
    applied = set(MigrationContext.configure(connection).get_current_heads())
    return applied - {revision.revision for revision in known}


def pending_on(connection: Connection, config: Config) -> list[str]:
    """Returns the revisions that the database does not have yet, the first to apply first."""
    script = ScriptDirectory.from_config(config)
    return missing(script, set(MigrationContext.configure(connection).get_current_heads()))


def missing(script: ScriptDirectory, applied: set[str]) -> list[str]:
    """Returns the revisions that are not among ``applied`` or below them, in order.

    One that nobody here knows is of a newer version, which only added to the tables of this one:
    nothing is missing then.
    """
    everything = [revision.revision for revision in script.walk_revisions("base", "heads")]
    if applied - set(everything):
        return []
    known = {
        revision.revision
        for head in applied
        for revision in script.iterate_revisions(head, "base", implicit_base=True)
    }
    return [revision for revision in reversed(everything) if revision not in known]
