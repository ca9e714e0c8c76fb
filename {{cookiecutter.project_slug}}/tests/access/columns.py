"""Every column of the database, something poisonous to write into it, and whether it arrived."""

import json
from dataclasses import dataclass

from sqlalchemy import text

from app.database import Database

COLUMNS = text("""
    SELECT table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    ORDER BY table_name, column_name
""")
SECRET = text("""
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name ~ '(hash|secret|digest|verifier)'
    ORDER BY table_name, column_name
""")
POISON: dict[str, object] = {
    "uuid": "deadbeef-dead-4ead-8eef-deadbeefdead",
    "text": "poison-in-the-well",
    "character varying": "poison-in-the-well",
    "timestamp with time zone": "1999-12-31T23:59:59+00:00",
    "integer": 424_242_424,
    "bigint": 424_242_424,
    "boolean": True,
}
TRACES = ("deadbeef-dead", "poison-in-the-well", "1999-12-31", "424242424")


@dataclass(frozen=True)
class Columns:
    """The columns of the live database by name, with their types."""

    tables: frozenset[str]
    types: dict[str, str]
    switches: tuple[tuple[str, str], ...]

    def poison(self, declared: frozenset[str]) -> dict[str, object]:
        """Returns a value for every column that a body does not declare."""
        return {
            name: POISON.get(kind, "poison-in-the-well")
            for name, kind in self.types.items()
            if name not in declared
        }


async def columns_of(database: Database) -> Columns:
    """Asks the database what columns there are."""
    async with database.reading() as session:
        rows = (await session.execute(COLUMNS)).all()
    return Columns(
        frozenset(row.table_name for row in rows),
        {row.column_name: row.data_type for row in rows},
        tuple((row.table_name, row.column_name) for row in rows if row.data_type == "boolean"),
    )


async def traces_of_poison(database: Database, columns: Columns) -> list[str]:
    """Returns the rows, as JSON, in which something poisonous has arrived."""
    found = []
    async with database.reading() as session:
        for table in sorted(columns.tables):
            rows = await session.scalars(text(f"SELECT to_json(t)::text FROM {table} t"))
            found += [row for row in rows if any(trace in row for trace in TRACES)]
    return found


async def switched_on(database: Database, columns: Columns) -> dict[str, int]:
    """Returns how many rows have each boolean column set."""
    counts = {}
    async with database.reading() as session:
        for table, name in columns.switches:
            counted = text(f"SELECT count(*) FROM {table} WHERE {name}")
            counts[f"{table}.{name}"] = await session.scalar(counted) or 0
    return counts


async def stored_secrets(database: Database) -> list[str]:
    """Returns every hash and secret in the database, as an answer would show it."""
    found: list[str] = []
    async with database.reading() as session:
        for table, name in (await session.execute(SECRET)).all():
            shown = text(f"SELECT to_json({name})::text FROM {table} WHERE {name} IS NOT NULL")
            found += [str(json.loads(value)) for value in await session.scalars(shown)]
    return [secret.removeprefix("\\x") for secret in found if len(secret) > 8]
