"""Writes down which devices are connected to this process, all of them in one statement."""

import asyncio
import time
from collections.abc import Callable
from collections.abc import Collection
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement
from sqlalchemy import TextClause
from sqlalchemy import and_
from sqlalchemy import func
from sqlalchemy import or_
from sqlalchemy import text

from app.database import Database
from app.database import UnitOfWork
from app.errors import Unavailable
from app.principal import UserId

from .counting import LiveCounts
from .tables import SightingRow
from .watch import EVERY_SECONDS
from .watch import FRESH_SECONDS
from .watch import LOOK_SECONDS
from .watch import Due
from .watch import Watch

# Without ``gone_at`` a row is in the index of who is here; whoever only stays moves no entry of it.
SEEN = text("""
    WITH seen AS (
        INSERT INTO devices_sightings AS known (device_id, owner_id, seen_at)
        SELECT id, owner_id, :at FROM devices WHERE id = ANY(:ids) ORDER BY id FOR KEY SHARE
        ON CONFLICT (device_id) DO UPDATE SET
            owner_id = excluded.owner_id,
            seen_at = greatest(known.seen_at, :at),
            gone_at = CASE WHEN known.gone_at > :at THEN known.gone_at END
        RETURNING known.device_id, known.owner_id
    )
    SELECT DISTINCT owner_id FROM seen WHERE device_id = ANY(:new)
""")
# Another process may have seen it since: then it has moved, and is not gone.
GONE = text("""
    WITH gone AS (
        UPDATE devices_sightings SET gone_at = left_at
        FROM unnest(CAST(:ids AS uuid[]), CAST(:times AS timestamptz[])) AS left_ones (id, left_at)
        WHERE device_id = left_ones.id AND seen_at < left_ones.left_at
        RETURNING owner_id
    )
    SELECT DISTINCT owner_id FROM gone WHERE owner_id IS NOT NULL
""")
# Those of a process that died: nobody else would take them out of the index of who is here.
LOST = text("""
    WITH lost AS (
        UPDATE devices_sightings SET gone_at = seen_at
        WHERE gone_at IS NULL AND seen_at < now() - make_interval(secs => :fresh)
        RETURNING owner_id
    )
    SELECT DISTINCT owner_id FROM lost WHERE owner_id IS NOT NULL
""").bindparams(fresh=FRESH_SECONDS)

log = structlog.get_logger()


def is_online() -> ColumnElement[bool]:
    """Returns the condition that a device was connected a moment ago, by its sighting."""
    fresh = SightingRow.seen_at > func.now() - timedelta(seconds=FRESH_SECONDS)
    stayed = or_(SightingRow.gone_at.is_(None), SightingRow.gone_at < SightingRow.seen_at)
    return func.coalesce(and_(fresh, stayed), False)


class Sightings:
    """Looks every few seconds who is connected to this process, and writes what is due."""

    def __init__(
        self, database: Database, connected: Callable[[], Collection[UUID]], counts: LiveCounts
    ) -> None:
        self._database = database
        self._connected = connected
        self._counts = counts
        self._watch = Watch()
        self._swept_at = time.monotonic()

    async def run(self) -> None:
        """Looks for ever; while the database is away everything stays due."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Unavailable as error:
                log.warning("device_sightings_not_written", reason=error.detail)

    async def look(self) -> None:
        """Looks once, and has the pages of those be told whose devices came or went.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        now = time.monotonic()
        due = self._watch.look(self._connected(), now=now)
        is_to_sweep = now - self._swept_at >= EVERY_SECONDS
        if any(due) or is_to_sweep:
            async with self._database.transaction() as work:
                owners = await self._write(work, due, now=now)
                if is_to_sweep:
                    owners |= await _owners(work, LOST)
            self._watch.wrote(due, now=now)
            self._counts.changed(owners)
            self._swept_at = now if is_to_sweep else self._swept_at
        await self._counts.tell()

    async def _write(self, work: UnitOfWork, due: Due, *, now: float) -> set[UserId]:
        at, owners = datetime.now(UTC), set[UserId]()
        if due.came or due.stayed:
            ids = due.came + due.stayed
            owners |= await _owners(work, SEEN, ids=ids, new=due.came, at=at)
        if due.gone:
            times = [at - timedelta(seconds=now - left) for left in due.gone.values()]
            owners |= await _owners(work, GONE, ids=list(due.gone), times=times)
        return owners


async def _owners(work: UnitOfWork, statement: TextClause, **values: object) -> set[UserId]:
    found = await work.session.scalars(statement, values)
    return {UserId(one) for one in found}
