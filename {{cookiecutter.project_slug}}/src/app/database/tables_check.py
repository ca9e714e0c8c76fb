"""Whether the tables are those of this version: a process before its migration is not ready."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog
from alembic.script import ScriptDirectory
from sqlalchemy import text

from app.database.database import Database
from app.database.migrate import alembic_config
from app.database.migrate import missing
from app.errors import Unavailable

APPLIED = text("SELECT version_num FROM alembic_version")
EXISTS = text("SELECT to_regclass('alembic_version') IS NOT NULL")

log = structlog.get_logger()


class TablesCheck:
    """Asks until no migration waits; from then on nobody is asked, for tables do not go back."""

    def __init__(self, database: Database, locations: Sequence[Path]) -> None:
        self._database = database
        self._locations = locations
        self._script: ScriptDirectory | None = None
        self._told: list[str] = []
        self._is_done = False

    async def run(self) -> None:
        """Returns when nothing waits; which revisions do is for the log and not for visitors.

        Raises:
            Unavailable: migrations wait, or PostgreSQL is away.
        """
        if self._is_done:
            return
        waiting = missing(await self._scripts(), await self._applied())
        if not waiting:
            self._is_done = True
            return
        if waiting != self._told:
            log.warning("migrations_wait", revisions=waiting, remedy="app migrate")
        self._told = waiting
        raise Unavailable("migrations wait")

    async def _scripts(self) -> ScriptDirectory:
        if self._script is None:
            # It imports every migration: too long for the loop.
            config = alembic_config(self._locations)
            self._script = await asyncio.to_thread(_read, ScriptDirectory.from_config(config))
        return self._script

    async def _applied(self) -> set[str]:
        async with self._database.reading() as session:
            if not (await session.execute(EXISTS)).scalar_one():
                return set()
            return set((await session.execute(APPLIED)).scalars())


def _read(script: ScriptDirectory) -> ScriptDirectory:
    script.get_heads()
    return script
