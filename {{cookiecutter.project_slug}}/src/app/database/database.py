"""The database as the rest of the service sees it: transactions, reads, and whether it is there."""

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Sequence
from contextlib import asynccontextmanager

import structlog
from sqlalchemy import delete
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.address import shown
from app.database.engine import open_engine
from app.database.failures import AWAY_ERRORS
from app.database.failures import is_away
from app.database.failures import reason
from app.database.outbox import Event
from app.database.outbox import OutboxRow
from app.database.outbox import Publish
from app.database.unit_of_work import UnitOfWork
from app.errors import Unavailable
from app.settings import DatabaseSettings

PUBLISH_SECONDS = 2.0
RETRY_AFTER_SECONDS = 2.0

log = structlog.get_logger()


class Database:
    """One pool of connections to PostgreSQL."""

    def __init__(self, settings: DatabaseSettings, *, publish: Publish | None = None) -> None:
        self.engine = open_engine(settings)
        self.where = shown(self.engine.url)
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._publish = publish
        self._is_away = False

    async def open(self) -> None:
        """Tries the server once, so that a wrong address is told at the start; never fails."""
        try:
            await self.ping()
        except Unavailable:
            log.warning("starting_without_postgresql", where=self.where)

    async def close(self) -> None:
        """Closes the pool."""
        await self.engine.dispose()

    async def ping(self) -> None:
        """Asks the server for a sign of life.

        Raises:
            Unavailable: there was none.
        """
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork]:
        """Yields a unit of work, commits it at the end, then publishes what it announced.

        Raises:
            Unavailable: PostgreSQL is away, or the pool, a lock or a statement took too long.
        """
        async with (
            self._failures_told(),
            AsyncSession(self.engine, expire_on_commit=False) as session,
        ):
            work = UnitOfWork(session)
            yield work
            await session.commit()
        await self._publish_now(work.announced())

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Yields a session whose every statement stands alone: no BEGIN, no COMMIT, half the cost.

        Raises:
            Unavailable: as for ``transaction``.
        """
        async with (
            self._failures_told(),
            AsyncSession(self._reading, expire_on_commit=False) as session,
        ):
            yield session

    async def forget_events(self, events: Sequence[Event]) -> None:
        """Removes published events from the outbox."""
        async with self.reading() as session:
            ids = [event.id for event in events]
            await session.execute(delete(OutboxRow).where(OutboxRow.id.in_(ids)))

    async def _publish_now(self, events: Sequence[Event]) -> None:
        """Publishes what was just committed; what fails stays in the outbox for the relay."""
        if self._publish is None or not events:
            return
        published: list[Event] = []
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                for event in events:
                    await self._publish(event)
                    published.append(event)
        except (Unavailable, TimeoutError):
            log.info("publish_left_to_the_relay", events=len(events) - len(published))
        if published:
            try:
                await self.forget_events(published)
            except Unavailable:
                # The relay tells them once more under the same keys, and forgets them.
                log.info("published_events_stay_for_now", events=len(published))

    @asynccontextmanager
    async def _failures_told(self) -> AsyncIterator[None]:
        """Turns the driver's ways of being away into one error, and one line per outage."""
        try:
            yield
        except AWAY_ERRORS as error:
            if not is_away(error):
                raise
            if not self._is_away:
                log.error("postgresql_unavailable", where=self.where, reason=reason(error))
            self._is_away = True
            raise Unavailable(
                "The database is not available.", after_seconds=RETRY_AFTER_SECONDS
            ) from error
        if self._is_away:
            self._is_away = False
            log.info("postgresql_available", where=self.where)
