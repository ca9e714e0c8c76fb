"""Drafts a migration: what the tables of the code have that the database has not."""

from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from app.database.migrate import alembic_config
from app.database.migrate import migration_engine
from app.errors import Conflict
from app.settings import Settings

# Every feature refers to the people, whose tables must be there first.
FIRST_BRANCH = "identity"


async def draft(
    settings: Settings, *, folder: Path, locations: Sequence[Path], branch: str, message: str
) -> Path:
    """Writes the next migration of ``branch`` into ``folder``, which exists; returns its file.

    The first one of a package begins its branch. All differences are in the draft, whichever
    package they belong to: read it before it is committed.

    Raises:
        Conflict: the database lacks migrations that are there already.
        Unavailable: PostgreSQL is away.
    """
    config = alembic_config(sorted({*locations, folder}))
    script = ScriptDirectory.from_config(config)
    known = [revision for revision in script.walk_revisions() if branch in revision.branch_labels]
    begins = not known

    def compare(connection: Connection) -> Path:
        config.attributes["connection"] = connection
        written = command.revision(
            config,
            message,
            autogenerate=True,
            rev_id=f"{branch}_{len(known) + 1:04}",
            version_path=str(folder),
            head="base" if begins else f"{branch}@head",
            branch_label=branch if begins else None,
            depends_on=f"{FIRST_BRANCH}@head" if begins else None,
        )
        return Path(written.path)  # type: ignore[union-attr]  # one revision, so no list

    try:
        async with migration_engine(settings) as engine, engine.connect() as connection:
            return await connection.run_sync(compare)
    except CommandError as error:
        raise Conflict(f"{error} Run `app migrate` first, or start `app dev`.") from error
