"""Publishes what stayed in the outbox because a process died or a publish failed."""

import asyncio

import structlog
from sqlalchemy import Select
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text

from app.database.database import Database
from app.database.outbox import Event
from app.database.outbox import OutboxRow
from app.database.outbox import Publish
from app.errors import Unavailable

SWEEP_SECONDS = 1.0
AWAY_MOST_SECONDS = 10.0
# Younger events are still on their way out of the process that wrote them.
LEFTOVER_SECONDS = 2.5
SWEEP_EVENTS = 200

log = structlog.get_logger()


class OutboxRelay:
    """Sweeps the outbox in order; any number of processes may do so at once.

    Events that were published but not yet forgotten are published again under the same key, which
    the backplane answers as a duplicate. Between a leftover and a newer event of the same topic the
    order is not kept: events carry the version of their row, and clients keep the highest.
    """

    def __init__(self, database: Database, publish: Publish) -> None:
        self._database = database
        self._publish = publish

    async def run(self, stop: asyncio.Event) -> None:
        """Sweeps until ``stop`` is set; pauses grow while PostgreSQL or the backplane is away."""
        pause_seconds = SWEEP_SECONDS
        while not stop.is_set():
            try:
                while await self.sweep() == SWEEP_EVENTS:
                    pass
                pause_seconds = SWEEP_SECONDS
            except Unavailable:
                pause_seconds = min(2 * pause_seconds, AWAY_MOST_SECONDS)
            await wait_for_stop(stop, pause_seconds)

    async def sweep(self) -> int:
        """Publishes and forgets the oldest leftovers; returns how many.

        Raises:
            Unavailable: what was published before that is forgotten all the same.
        """
        failure: Unavailable | None = None
        async with self._database.transaction() as work:
            rows = await work.session.scalars(leftovers())
            done: list[Event] = []
            for row in rows.all():
                try:
                    await self._publish(row.event())
                except Unavailable as error:
                    failure = error
                    break
                done.append(row.event())
            ids = [event.id for event in done]
            await work.session.execute(delete(OutboxRow).where(OutboxRow.id.in_(ids)))
        if failure:
            raise failure
        if done:
            log.info("outbox_leftovers_published", events=len(done))
        return len(done)


def leftovers() -> Select[OutboxRow]:
    """Returns the query for the oldest events that nobody else is publishing now."""
    age = func.now() - text(f"interval '{LEFTOVER_SECONDS} seconds'")
    query = select(OutboxRow).where(OutboxRow.created_at < age).order_by(OutboxRow.id)
    return query.limit(SWEEP_EVENTS).with_for_update(skip_locked=True)


async def wait_for_stop(stop: asyncio.Event, most_seconds: float) -> None:
    """Waits until ``stop`` is set, but not longer than ``most_seconds``."""
    try:
        async with asyncio.timeout(most_seconds):
            await stop.wait()
    except TimeoutError:
        return
