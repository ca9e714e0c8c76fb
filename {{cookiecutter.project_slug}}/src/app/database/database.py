"""The database as the rest of the service sees it: transactions, reads, and whether it is there."""

from collections.abc import AsyncIterator
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from contextlib import asynccontextmanager
from contextvars import ContextVar

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.address import driver_url
from app.database.address import secured
from app.database.address import shown
from app.database.ending import Ending
from app.database.engine import SILENCE_SECONDS
from app.database.engine import open_engine
from app.database.engine import translate_failures
from app.database.failures import CONNECT_ERRORS
from app.database.failures import STATEMENT_ERRORS
from app.database.failures import failure_of
from app.database.failures import reason
from app.database.outage import Outage
from app.database.outbox import DELETE
from app.database.outbox import Event
from app.database.outbox import Publish
from app.database.outbox import published
from app.database.reading import Reading
from app.database.unit_of_work import UnitOfWork
from app.errors import Unavailable
from app.settings import DatabaseSettings

# How long a request waits for its events to be published before the relay takes over.
PUBLISH_SECONDS = 2.0

# What the current task is inside of, see `Database.whole`.
_whole: ContextVar[tuple["Database | None", UnitOfWork | None]] = ContextVar(
    "whole", default=(None, None)
)

log = structlog.get_logger()


class Database:
    """One pool of connections to PostgreSQL."""

    def __init__(self, settings: DatabaseSettings, *, publish: Publish | None = None) -> None:
        self.where = shown(driver_url(settings.url))
        self._settings = settings
        # Once: a file with the authority is read here, as the pool reads it, and never on the loop.
        self._address, self._tls = secured(settings.url)
        self._outage = Outage(self.where)
        self.engine = open_engine(settings)
        self._ending = Ending(self.engine)  # before who connects: of several, the first is asked
        translate_failures(self.engine, self._outage)
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._publish = publish

    async def open(self) -> None:
        """Tries the server once, so that a wrong address is told at the start; never fails."""
        try:
            await self.ping()
        except Unavailable:
            log.warning("starting_without_postgresql", where=self.where)

    async def close(self) -> None:
        """Closes the pool for good; what is still at work has its connection closed after it."""
        await self._ending.begin()

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
        joined = self._joined()
        if joined is not None:
            async with self._translated(), joined.part():
                yield joined
            return
        async with self._session(self.engine) as session:
            work = UnitOfWork(session)
            yield work
            events = await work.store_events()
            await session.commit()
        await self._publish_now(events)

    @asynccontextmanager
    async def whole(self) -> AsyncIterator[UnitOfWork]:
        """Makes one transaction of every ``transaction`` and ``reading`` of this task meanwhile.

        Those inside are savepoints: what one of them fails with undoes its own part only, and
        everything is committed, and told, at the end of this. Only this task may work inside.

        Raises:
            Unavailable: as for ``transaction``.
        """
        async with self.transaction() as work:
            before = _whole.set((self, work))
            try:
                yield work
            finally:
                _whole.reset(before)

    def reading(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Opens a session whose every statement stands alone: no BEGIN, no COMMIT, half the cost.

            async with database.reading() as session: ...

        Raises:
            Unavailable: as for ``transaction``.
        """
        return Reading(
            self._reading,
            self._joined(),
            translate=self._translation,
            succeeds=self._outage.ends,
        )

    async def own_connection(self, name: str) -> "asyncpg.Connection[asyncpg.Record]":
        """Opens a connection outside the pool, for LISTEN; the caller closes it.

        ``name`` is what ``pg_stat_activity`` calls it.

        Raises:
            Unavailable: PostgreSQL is away, or this is closed.
        """
        self._ending.check()
        dsn = self._address.set(drivername="postgresql")
        try:
            connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
                dsn.render_as_string(hide_password=False),
                **self._tls,
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

    def _joined(self) -> UnitOfWork | None:
        """Returns the unit of work that this task is inside of, if it is one of this database."""
        database, work = _whole.get()
        return work if database is self else None

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        """Yields a session of its own."""
        async with self._translated(), AsyncSession(engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        """Translates here what the engine could not translate by itself."""
        try:
            yield
        except STATEMENT_ERRORS as error:
            told = self._translation(error)
            if told is None:
                raise
            raise told from error
        self._outage.ends()

    def _translation(self, error: Exception) -> Unavailable | None:
        failure = failure_of(error)
        if failure is None:
            return None
        if failure == "busy":
            return self._outage.busy(reason(error))
        return self._outage.begins(reason(error), is_cut=True)
