"""What the tests of dashboards share: figures that are kept when a test says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

import pytest
from quart import Quart
from sqlalchemy import text

from app.database import Database
from app.features.dashboards.assets import bring
from app.features.dashboards.assets.bringing import VENDOR
from app.features.dashboards.figures import keeper_of
from app.features.dashboards.figures import store as figures_store
from app.features.dashboards.figures.facade import Figures
from app.features.dashboards.figures.keeping import Keeper
from app.features.dashboards.figures.store import KEEPER_LOCK
from app.resources import Resources
from app.resources import resources_of
from tests.patience import PATIENCE_SECONDS
from tests.people import Person
from tests.people import join

# Other test processes have databases of their own in the same server, where others sum.
HOLDERS = text("""
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND (classid::bigint << 32) | objid::bigint = :key
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


async def holders(database: Database) -> int:
    """Returns how many hold the lock of the one that sums."""
    async with database.reading() as session:
        return int((await session.execute(HOLDERS, {"key": KEEPER_LOCK})).scalar_one())


async def nobody_sums(database: Database) -> None:
    """Waits until PostgreSQL has noticed that whoever summed has hung up."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await holders(database):  # noqa: ASYNC110 - PostgreSQL knows
            await asyncio.sleep(0.01)


@dataclass
class Keepers:
    """Makes keepers, as if each were a process of its own; a test ticks them by hand."""

    app: Quart
    stack: AsyncExitStack
    figures: Figures = field(default_factory=Figures)

    def named(self, name: str) -> Keeper:
        """Returns a new keeper, which is closed at the end of the test."""
        keeper = keeper_of(resources_of(self.app), self.figures, name=name)
        self.stack.push_async_callback(keeper.close)
        return keeper


@pytest.fixture(scope="session")
def browser_files() -> Path:
    """Brings the browser files, where nobody has yet, and returns their folder."""
    bring()
    return VENDOR


@pytest.fixture
async def keepers(app: Quart, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Keepers]:
    """Yields what makes keepers; no process is forgotten because the machine stood still."""
    monkeypatch.setattr(figures_store, "FRESH_SECONDS", PATIENCE_SECONDS)
    async with AsyncExitStack() as stack:
        yield Keepers(app, stack)
    await nobody_sums(resources_of(app).database)


@pytest.fixture
async def operator(app: Quart) -> Person:
    """Returns Olga, who may read administration."""
    return await join(app, "Olga", is_admin=True)


@pytest.fixture
def resources(app: Quart) -> Resources:
    """Returns the long-lived things of the application."""
    return resources_of(app)


@pytest.fixture
def store(resources: Resources) -> Database:
    """Returns the application's own database, which publishes what services announce."""
    return resources.database
