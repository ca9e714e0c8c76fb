"""The servers and settings of a test run: nothing of the user's environment reaches a test.

TEST_DATABASE_URL and TEST_REDIS_URL name servers to use instead of the embedded ones. Tests make
databases of their own there and drop them, and empty the Redis server: give it one of its own,
and do not run with ``-n`` then. DATABASE_URL and REDIS_URL are not read, since these may hold data.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from collections.abc import Iterator
from contextlib import asynccontextmanager
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from quart import Quart
from quart.testing.app import TestApp
from redis.asyncio import Redis
from sqlalchemy.engine import make_url

from app.database import Database
from app.database.branches import migration_locations
from app.database.migrate import migrate
from app.database.outbox import Publish
from app.embedded import Embedded
from app.embedded import Urls
from app.resources import resources_of
from app.serving.listener import listen
from app.serving.open_requests import OpenRequests
from app.serving.servers import HypercornServer
from app.settings import DatabaseSettings
from app.settings import IdentitySettings
from app.settings import JobsSettings
from app.settings import MailSettings
from app.settings import RealtimeSettings
from app.settings import RedisSettings
from app.settings import ServerSettings
from app.settings import Settings
from app.settings import WebSettings
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

TEMPLATE = "test_template"
TEMPLATE_LOCK = 4_242
STOP_SECONDS = 60.0
# For applications that are looked at and never served.
NOWHERE = Urls("postgresql://127.0.0.1:1/none", "redis://127.0.0.1:1")
LIST_TABLES = """
    SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'alembic_version'
    AND tablename NOT IN (SELECT relname FROM pg_class WHERE relispartition)
"""


@contextmanager
def running_servers(folder: Path, shared_folder: Path) -> Iterator[Urls]:
    """Yields the servers: one PostgreSQL for all test processes, a Valkey for this one."""
    database = os.environ.get("TEST_DATABASE_URL", "")
    redis = os.environ.get("TEST_REDIS_URL", "")
    with (
        Embedded(shared_folder, given=Urls(database, "-"), ephemeral=True) as shared,
        Embedded(folder, given=Urls("-", redis), ephemeral=True) as own,
    ):
        yield Urls(shared.database, own.redis)


def plain_settings(urls: Urls) -> Settings:
    """Returns the defaults with the addresses of the test servers, and a free port.

    Nobody is given up because the machine is busy: a test of that makes its own settings.
    ``model_construct`` reads neither the environment nor ``.env``.
    """
    port = free_port()
    return Settings.model_construct(
        environment="test",
        public_url=f"http://127.0.0.1:{port}",
        log_level="warning",
        database=DatabaseSettings.model_construct(
            url=urls.database,
            pool_wait_seconds=PATIENCE_SECONDS,
            connect_seconds=PATIENCE_SECONDS,
            statement_seconds=PATIENCE_SECONDS,
            lock_seconds=PATIENCE_SECONDS,
        ),
        redis=RedisSettings.model_construct(
            url=urls.redis, connect_seconds=PATIENCE_SECONDS, command_seconds=PATIENCE_SECONDS
        ),
        web=WebSettings.model_construct(
            requests_wait_seconds=PATIENCE_SECONDS, requests_late_seconds=PATIENCE_SECONDS
        ),
        identity=IdentitySettings.model_construct(),
        realtime=RealtimeSettings.model_construct(
            drain_window_seconds=0.0, publish_deadline_seconds=PATIENCE_SECONDS
        ),
        jobs=JobsSettings.model_construct(),
        mail=MailSettings.model_construct(),
        server=ServerSettings.model_construct(port=port),
    )


class Databases:
    """Makes databases for one test beside the usual one, and closes them however it ends."""

    def __init__(self) -> None:
        self._made: list[Database] = []

    def at(self, settings: DatabaseSettings, *, publish: Publish | None = None) -> Database:
        """Returns a database that is not opened yet."""
        self._made.append(Database(settings, publish=publish))
        return self._made[-1]

    async def close(self) -> None:
        """Closes all of them, those the test has closed too."""
        for database in self._made:
            await database.close()


class PatientApp(TestApp):
    """What ``test_app()`` starts and stops: Quart itself gives up after six seconds."""

    def __init__(self, app: Quart) -> None:
        patience = int(PATIENCE_SECONDS)
        super().__init__(app, startup_timeout=patience, shutdown_timeout=patience)


Quart.test_app_class = PatientApp


def redis_client(url: str, *, decode_responses: bool = False) -> Redis:
    """Returns a client that waits for a busy server: of itself it gives up after five seconds."""
    return Redis.from_url(
        url,
        decode_responses=decode_responses,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
    )


def database_url(url: str, name: str) -> str:
    """Returns the address of another database of the same server."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Opens a raw connection to the address of an SQLAlchemy engine."""
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return await asyncpg.connect(dsn)


@asynccontextmanager
async def connection(url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """Yields a raw connection and closes it."""
    opened = await connect(url)
    try:
        yield opened
    finally:
        await opened.close()


class Emptier:
    """Deletes all rows of one database in one round trip, in any order of the tables."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._statement = ""

    async def empty(self) -> None:
        """Deletes; the tables are looked up the first time."""
        if not self._statement:
            tables = [row[0] for row in await self._connection.fetch(LIST_TABLES)]
            deletes = "".join(f"DELETE FROM {table};" for table in tables)
            self._statement = (
                f"BEGIN; SET LOCAL session_replication_role = replica; {deletes} COMMIT"
            )
        await self._connection.execute(self._statement)


async def make_database(running: Urls, settings: Settings) -> None:
    """Makes the database of ``settings`` from a migrated template, itself made only once."""
    name = make_url(settings.database.url).database
    async with connection(running.database) as admin:
        await admin.execute(f"SELECT pg_advisory_lock({TEMPLATE_LOCK})")
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", TEMPLATE):
            await _make_template(admin, running)
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")


async def drop_database(running: Urls, settings: Settings) -> None:
    """Removes the database of ``settings``; the server may be one that stays."""
    name = make_url(settings.database.url).database
    async with connection(running.database) as admin:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def _make_template(admin: "asyncpg.Connection[asyncpg.Record]", running: Urls) -> None:
    unfinished = f"{TEMPLATE}_unfinished"
    await admin.execute(f"DROP DATABASE IF EXISTS {unfinished}")
    await admin.execute(f"CREATE DATABASE {unfinished}")
    urls = Urls(database_url(running.database, unfinished), running.redis)
    await migrate(plain_settings(urls), locations=migration_locations())
    await admin.execute(f"ALTER DATABASE {unfinished} RENAME TO {TEMPLATE}")


@asynccontextmanager
async def listening(quart: Quart, settings: Settings) -> AsyncIterator[None]:
    """Serves a started application with the real server while the context is open."""
    listener = listen(settings.server.host, settings.server.port)
    server = HypercornServer(OpenRequests(quart), settings, listener)
    running = asyncio.create_task(server.run())
    try:
        yield
    finally:
        await resources_of(quart).realtime.drain(window_seconds=0, deadline_seconds=1)
        server.stop()
        await asyncio.wait({running}, timeout=STOP_SECONDS)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
