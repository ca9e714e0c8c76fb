"""The devices of a simulation: registered in one go, counted in the end, and removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID
from uuid import uuid4

from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text

from app.database import Database
from app.errors import NotFound
from app.features.devices.tables import DeviceRow
from app.features.devices.tables import ProgressRow
from app.features.devices.tables import ReadingRow
from app.features.devices.tokens import Tokens
from app.identity.tables import UserRow

METRICS = ["temperature", "humidity"]
TAG = "simulated"
COUNTED_TOGETHER = 250  # a statement about all the readings of thousands would take too long

COUNTED = text("""
    SELECT sum(known.rows)::bigint AS rows, sum(known.numbers)::bigint AS numbers,
        sum(known.acknowledged)::bigint AS acknowledged
    FROM unnest(CAST(:ids AS uuid[]), CAST(:last AS bigint[])) AS told (id, last)
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows, count(DISTINCT number) AS numbers,
            count(DISTINCT number) FILTER (WHERE number <= told.last) AS acknowledged
        FROM devices_readings WHERE device_id = told.id
    ) AS known
""")


@dataclass(frozen=True, slots=True)
class Stored:
    """What is in the table: rows, different numbers among them, and those acknowledged."""

    rows: int
    numbers: int
    acknowledged: int


async def register(
    database: Database, tokens: Tokens, *, email: str, count: int
) -> dict[UUID, str]:
    """Registers ``count`` devices of the person with an address; returns their tokens.

    Raises:
        NotFound: nobody signs in with the address.
    """
    made = {uuid4(): tokens.make() for _ in range(count)}
    async with database.transaction() as work:
        known = select(UserRow.id).where(func.lower(UserRow.email) == email.lower())
        owner_id = await work.session.scalar(known)
        if owner_id is None:
            raise NotFound(f"nobody signs in as {email}")
        rows = [
            {
                "id": device_id,
                "owner_id": owner_id,
                "name": f"Simulated {number:05}",
                "metrics": METRICS,
                "tags": [TAG],
                **tokens.stored(token),
            }
            for number, (device_id, token) in enumerate(made.items(), 1)
        ]
        await work.session.execute(insert(DeviceRow), rows)
        await work.session.execute(insert(ProgressRow), [{"device_id": one} for one in made])
    return made


async def count_stored(database: Database, acknowledged: Mapping[UUID, int]) -> Stored:
    """Counts what is stored of devices, each with the last number that was acknowledged.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    rows = numbers = known = 0
    ids = list(acknowledged)
    for begin in range(0, len(ids), COUNTED_TOGETHER):
        some = ids[begin : begin + COUNTED_TOGETHER]
        told = {"ids": some, "last": [acknowledged[one] for one in some]}
        async with database.reading() as session:
            row = (await session.execute(COUNTED, told)).one()
        rows += row.rows or 0
        numbers += row.numbers or 0
        known += row.acknowledged or 0
    return Stored(rows, numbers, known)


async def remove(database: Database, ids: list[UUID]) -> None:
    """Removes devices with all their readings.

    Raises:
        Unavailable: PostgreSQL is away; some may be left.
    """
    for begin in range(0, len(ids), COUNTED_TOGETHER):
        some = ids[begin : begin + COUNTED_TOGETHER]
        async with database.transaction() as work:
            await work.session.execute(delete(DeviceRow).where(DeviceRow.id.in_(some)))
            await work.session.execute(delete(ReadingRow).where(ReadingRow.device_id.in_(some)))
