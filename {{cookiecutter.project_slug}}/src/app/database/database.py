"""The database as the rest of the service sees it: transactions, reads, and whether it is there."""

from collections.abc import AsyncIterator
from collections.abc import Sequence
from contextlib import asynccontextmanager

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.address import driver_url
from app.database.address import shown
from app.database.engine import SILENCE_SECONDS
from app.database.engine import open_engine
from app.database.failures import CONNECT_ERRORS
from app.database.failures import STATEMENT_ERRORS
from app.database.failures import failure_of
from app.database.failures import reason
from app.database.outage import Outage
from app.database.outbox import DELETE
from app.database.outbox import Event
from app.database.outbox import Publish
from app.database.outbox import published
from app.database.unit_of_work import UnitOfWork
from app.errors import Unavailable
from app.settings import DatabaseSettings

# How long a request waits for its events to be published before the relay takes over.
PUBLISH_SECONDS = 2.0

log = structlog.get_logger()


class Database:
    """One pool of connections to PostgreSQL."""

    def __init__(self, settings: DatabaseSettings, *, publish: Publish | None = None) -> None:
        self.where = shown(driver_url(settings.url))
        self._settings = settings
        self._outage = Outage(self.where)
        self.engine = open_engine(settings, self._outage)
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._publish = publish

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
        async with self._session(self.engine) as session:
            work = UnitOfWork(session)
            yield work
            events = await work.store_events()
            await session.commit()
        await self._publish_now(events)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Yields a session whose every statement stands alone: no BEGIN, no COMMIT, half the cost.

        Raises:
            Unavailable: as for ``transaction``.
        """
        async with self._session(self._reading) as session:
            yield session

    async def own_connection(self, name: str) -> "asyncpg.Connection[asyncpg.Record]":
        """Opens a connection outside the pool, for LISTEN; the caller closes it.

        ``name`` is what ``pg_stat_activity`` calls it.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        dsn = self.engine.url.set(drivername="postgresql")
        try:
            connection = await asyncpg.connect(
                dsn.render_as_string(hide_password=False),
                timeout=self._settings.connect_seconds,
                command_timeout=self._settings.statement_seconds + SILENCE_SECONDS,
                server_settings={"application_name": name},
            )
        except CONNECT_ERRORS as error:
            raise self._outage.begins(reason(error)) from error
        self._outage.ends()
        return connection

    async def forget_events(self, events: Sequence[Event]) -> None:
        """Removes published events from the outbox."""
        async with self.reading() as session:
            await session.execute(DELETE, {"ids": [event.id for event in events]})

    async def _publish_now(self, events: Sequence[Event]) -> None:
        """Publishes what was just committed; what fails stays in the outbox for the relay."""
        if self._publish is None or not events:
            return
        done = await published(events, self._publish, within_seconds=PUBLISH_SECONDS)
        if len(done) < len(events):
            log.info("events_left_to_the_relay", events=len(events) - len(done))
        if done:
            try:
                await self.forget_events(done)
            except Unavailable:
                # The relay publishes them once more under the same keys, and forgets them.
                log.info("published_events_stay_for_now", events=len(done))

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        """Yields a session; what the engine could not translate by itself is translated here."""
        try:
            async with AsyncSession(engine, expire_on_commit=False) as session:
                yield session
        except STATEMENT_ERRORS as error:
            failure = failure_of(error)
            if failure is None:
                raise
            told = self._outage.begins if failure == "away" else self._outage.busy
            raise told(reason(error)) from error
        self._outage.ends()
