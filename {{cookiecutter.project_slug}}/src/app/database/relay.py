"""Publishes what stayed in the outbox because a process died or a publish failed."""

import asyncio
from collections.abc import Collection
from datetime import timedelta

import structlog
from sqlalchemy import Select
from sqlalchemy import delete
from sqlalchemy import func
from sqlalchemy import select

from app.database.database import Database
from app.database.outbox import DELETE
from app.database.outbox import EVENT_SECONDS
from app.database.outbox import Event
from app.database.outbox import OutboxRow
from app.database.outbox import Publish
from app.database.outbox import goes_out
from app.errors import Unavailable

SWEEP_SECONDS = 1.0
AWAY_MOST_SECONDS = 10.0
# Younger events are still on their way out of the process that wrote them.
LEFTOVER_SECONDS = 2.5
SWEEP_EVENTS = 200
IS_LEFT = OutboxRow.created_at < func.now() - timedelta(seconds=LEFTOVER_SECONDS)
ANY_LEFT = select(OutboxRow.id).where(IS_LEFT).limit(1)

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
        # Events that this version cannot publish. They are left to others, and in the end to
        # `delete_old_events`, so there are no more of them than a day brings.
        self._refused: set[int] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Sweeps until ``stop`` is set; pauses grow while PostgreSQL or the backplane is away."""
        pause_seconds = SWEEP_SECONDS
        while not stop.is_set():
            try:
                while await self.sweep() == SWEEP_EVENTS:
                    pass
                pause_seconds = SWEEP_SECONDS
            except Unavailable:
                if pause_seconds == SWEEP_SECONDS:
                    log.warning("outbox_waits")
                pause_seconds = min(2 * pause_seconds, AWAY_MOST_SECONDS)
            except Exception:
                log.exception("outbox_sweep_failed")
                pause_seconds = AWAY_MOST_SECONDS
            await wait_for_stop(stop, pause_seconds)

    async def sweep(self) -> int:
        """Publishes and forgets the oldest leftovers; returns how many.

        Raises:
            Unavailable: what was published before that is forgotten all the same.
        """
        if not await self._is_any_left():
            return 0
        failure: Unavailable | None = None
        done: list[Event] = []
        async with self._database.transaction() as work:
            rows = await work.session.scalars(leftovers(self._refused))
            try:
                for event in [row.event() for row in rows]:
                    if await goes_out(event, self._publish):
                        done.append(event)
                    else:
                        self._refused.add(event.id)
            except Unavailable as error:
                failure = error
            if done:
                await work.session.execute(DELETE, {"ids": [event.id for event in done]})
        if failure:
            raise failure
        if done:
            log.info("outbox_leftovers_published", events=len(done))
        return len(done)

    async def _is_any_left(self) -> bool:
        # Nearly always nothing is: a look without a transaction and its locks takes half as long,
        # and an idle process does this every second.
        async with self._database.reading() as session:
            return (await session.execute(ANY_LEFT)).first() is not None


async def delete_old_events(database: Database) -> None:
    """Gives up on events that could not be published for `EVENT_SECONDS`; for a schedule to call.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    is_old = OutboxRow.created_at < func.now() - timedelta(seconds=EVENT_SECONDS)
    old = delete(OutboxRow).where(is_old).returning(OutboxRow.topic)
    async with database.transaction() as work:
        topics = (await work.session.scalars(old)).all()
    if topics:
        log.error("events_given_up", events=len(topics), topics=sorted(set(topics))[:10])


def leftovers(refused: Collection[int] = ()) -> Select[OutboxRow]:
    """Returns the query for the oldest events that nobody else is publishing now."""
    query = select(OutboxRow).where(IS_LEFT, OutboxRow.id.not_in(refused)).order_by(OutboxRow.id)
    return query.limit(SWEEP_EVENTS).with_for_update(skip_locked=True)


async def wait_for_stop(stop: asyncio.Event, most_seconds: float) -> None:
    """Waits until ``stop`` is set, but not longer than ``most_seconds``."""
    try:
        async with asyncio.timeout(most_seconds):
            await stop.wait()
    except TimeoutError:
        return
