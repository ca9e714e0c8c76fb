"""An identity of its own for each test, with a clock to turn and a database to lose."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.database import UnitOfWork
from app.errors import Unavailable
from app.identity import User
from app.identity import users
from app.identity.sessions.service import Sessions
from app.settings import IdentitySettings
from app.settings import Settings


class Clock:
    """The time of day and the time that has passed, both turned by hand."""

    def __init__(self) -> None:
        self.passed_seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.passed_seconds)

    def monotonic(self) -> float:
        return self.passed_seconds

    def turn(self, *, seconds: float = 0.0, days: float = 0.0) -> None:
        self.passed_seconds += seconds + days * 86_400


class FragileDatabase(Database):
    """The real database until somebody sets ``is_away``."""

    is_away = False
    reads = 0

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        self.reads += 1
        self._fail_when_away()
        async with super().reading() as session:
            yield session

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork]:
        self._fail_when_away()
        async with super().transaction() as work:
            yield work

    def _fail_when_away(self) -> None:
        if self.is_away:
            raise Unavailable("the database is away")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def fragile(database: Database, settings: Settings) -> AsyncIterator[FragileDatabase]:
    opened = FragileDatabase(settings.database)
    await opened.open()
    opened.reads = 0  # opening tries the server
    yield opened
    await opened.close()


@pytest.fixture
def sessions(fragile: FragileDatabase, clock: Clock) -> Sessions:
    return in_another_process(fragile, clock)


def in_another_process(database: Database, clock: Clock) -> Sessions:
    """Returns the sessions as another process sees them: the same rows, a cache of its own."""
    return Sessions(
        IdentitySettings.model_construct(), database, now=clock.now, monotonic=clock.monotonic
    )


@pytest.fixture
async def person(fragile: FragileDatabase) -> User:
    """Returns somebody with an account, who is signed in nowhere."""
    async with fragile.transaction() as work:
        return await users.create_user(
            work, email="ada@example.com", name="Ada", password_hash="none"
        )
