"""The worker's connection: it waits out an outage, so that the jobs that run do not notice."""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Self
from typing import TypeVar

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import Relay
from pgqueuer.core.tm import TaskManager
from pgqueuer.ports.driver import Driver
from pgqueuer.ports.driver import NotifyCallback

from app.database import Database
from app.database.failures import failure_of
from app.database.relay import wait_for_stop
from app.errors import Unavailable

APPLICATION_NAME = "app worker"
AWAY_FIRST_SECONDS = 0.25
AWAY_MOST_SECONDS = 5.0

log = structlog.get_logger()

Connection = asyncpg.Connection  # of records; at run time it takes no parameter
Answer = TypeVar("Answer")


class PatientDriver(Driver):
    """pgqueuer's way to PostgreSQL, over one connection that is replaced when it ends.

    The library's own drivers raise then, which ends the worker's loop, and how the running jobs
    ended is not recorded: all of them would run twice. Here a statement waits for PostgreSQL to
    come back and is made again. It may have been done already; the library's statements bear that.
    """

    def __init__(self, database: Database, stop: asyncio.Event) -> None:
        self._database = database
        self._stop = stop
        self._turn = asyncio.Lock()
        self._listening: list[tuple[str, NotifyCallback]] = []
        self._connection: Connection[asyncpg.Record] | None = None
        self._is_closed = False

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Returns the rows of a query."""
        rows = await self._patiently(lambda connection: connection.fetch(query, *args))
        return [dict(row) for row in rows]

    async def execute(self, query: str, *args: object) -> str:
        """Runs a statement and returns its tag."""
        return await self._patiently(lambda connection: connection.execute(query, *args))

    async def notify(self, channel: str, payload: str) -> None:
        """Sends a notification."""
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Has ``callback`` called with what comes on ``channel``, after a reconnect too."""
        relay = Relay(callback)
        await self._patiently(lambda connection: connection.add_listener(channel, relay))
        self._listening.append((channel, callback))

    @property
    def shutdown(self) -> asyncio.Event:
        """Set when the worker stops: from then on nobody waits for PostgreSQL to come back."""
        return self._stop

    @property
    def tm(self) -> TaskManager:
        """What the library keeps a driver's own tasks in; this one has none."""
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Keeps the connection: two parts of the library enter, and the first to leave is early."""

    def close(self) -> None:
        """Ends the connection; whatever of the library is still at work opens no other."""
        self._is_closed = True
        if self._connection:
            self._connection.terminate()

    async def _patiently(
        self, run: Callable[["Connection[asyncpg.Record]"], Awaitable[Answer]]
    ) -> Answer:
        """Runs a statement in its turn, as often as it takes until PostgreSQL has answered it.

        Raises:
            Unavailable: PostgreSQL is away, and the worker stops; or the driver is closed.
        """
        async with self._turn:
            pause_seconds = AWAY_FIRST_SECONDS
            while True:
                try:
                    return await self._once(run)
                except Unavailable:
                    if self._stop.is_set() or self._is_closed:
                        raise
                await wait_for_stop(self._stop, pause_seconds)
                pause_seconds = min(2 * pause_seconds, AWAY_MOST_SECONDS)

    async def _once(
        self, run: Callable[["Connection[asyncpg.Record]"], Awaitable[Answer]]
    ) -> Answer:
        connection = await self._connected()
        try:
            return await run(connection)
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError) as error:
            is_silent = isinstance(error, TimeoutError)
            if not (is_silent or connection.is_closed() or failure_of(error) == "away"):
                raise
            connection.terminate()
            raise Unavailable("the worker's connection ended") from error

    async def _connected(self) -> "Connection[asyncpg.Record]":
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._opened()
            for channel, callback in self._listening:
                await self._connection.add_listener(channel, Relay(callback))
        return self._connection

    async def _opened(self) -> "Connection[asyncpg.Record]":
        if not self._is_closed:
            connection = await self._database.own_connection(APPLICATION_NAME)
            if not self._is_closed:
                return connection
            connection.terminate()
        raise Unavailable("the worker has ended")
