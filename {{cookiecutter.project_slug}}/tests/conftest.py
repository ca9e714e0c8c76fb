"""What every test may ask for: real servers, an application, people."""

from collections.abc import AsyncIterator
from collections.abc import Iterator

import hypothesis
import pytest
from quart import Quart
from quart.typing import TestClientProtocol
from redis.asyncio import Redis

from app.database import Database
from app.embedded import Urls
from app.factory import create_app
from app.settings import Settings
from tests import servers

# That a machine stood still for a moment while examples were tried is no finding.
hypothesis.settings.register_profile(
    "patient",
    parent=hypothesis.settings(),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")

pytest_plugins = ["tests.people", "tests.redis_servers", "tests.stoppable", "tests.windows"]


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """Returns the name of this test process: `main`, or `gw0` and so on under xdist."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture(scope="session")
def running(worker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    """Starts the servers; yields their own addresses, not yet a database for tests."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker == "main" else own.parent
    with servers.running_servers(own / "own", shared / "shared") as addresses:
        yield addresses


@pytest.fixture(scope="session")
def urls(running: Urls, worker: str) -> Urls:
    """Returns the addresses of this process: its database (see `migrated`) and its Valkey."""
    return Urls(servers.database_url(running.database, f"test_{worker}"), running.redis)


@pytest.fixture(scope="session")
def settings(urls: Urls) -> Settings:
    """Returns settings that owe nothing to the environment."""
    return servers.plain_settings(urls)


@pytest.fixture(scope="session")
async def migrated(running: Urls, settings: Settings) -> AsyncIterator[servers.Emptier]:
    """Makes the database of this process with all tables; yields what empties it."""
    await servers.make_database(running, settings)
    connection = await servers.connect(settings.database.url)
    yield servers.Emptier(connection)
    await connection.close()
    await servers.drop_database(running, settings)


@pytest.fixture
async def database(settings: Settings, migrated: servers.Emptier) -> AsyncIterator[Database]:
    """Yields an open database; all rows are deleted after the test."""
    opened = Database(settings.database)
    await opened.open()
    yield opened
    await opened.close()
    await migrated.empty()


@pytest.fixture
async def databases() -> AsyncIterator[servers.Databases]:
    """Yields what makes further databases, with settings or a publish of their own."""
    made = servers.Databases()
    yield made
    await made.close()


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    """Yields a client of the Valkey of this process, emptied before the test and after it.

    Before, because tests of processes of their own leave their topics there.
    """
    async with servers.redis_client(settings.redis.url) as client:
        await client.flushall()
        yield client
        await client.flushall()


@pytest.fixture
async def app(settings: Settings, database: Database, redis: Redis) -> AsyncIterator[Quart]:
    """Yields the whole application, started."""
    created = create_app(settings)
    async with created.test_app():
        yield created


@pytest.fixture
def client(app: Quart) -> TestClientProtocol:
    """Returns a client that nobody is signed in with."""
    return app.test_client()


@pytest.fixture
async def live_server(app: Quart, settings: Settings) -> AsyncIterator[str]:
    """Serves the application with a real Hypercorn in this loop; yields its base URL."""
    async with servers.listening(app, settings):
        yield settings.public_url
