"""One transaction, and what is announced once it has been committed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.outbox import INSERT
from app.database.outbox import Event


class UnitOfWork:
    """Rows and events that become true together or not at all."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._announced: list[tuple[str, bytes]] = []

    def announce(self, topic: str, data: bytes) -> None:
        """Notes an event: stored with the rows, published after the commit, at least once.

        ``data`` is JSON text in UTF-8. Events of one unit are published in the order of the calls.
        """
        self._announced.append((topic, data))

    @asynccontextmanager
    async def part(self) -> AsyncIterator[None]:
        """Undoes what happens inside, announcements too, when it fails; the rest goes on."""
        announced = len(self._announced)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            del self._announced[announced:]
            raise

    async def store_events(self) -> list[Event]:
        """Writes what was announced into the outbox, in one statement, and returns it with ids."""
        if not self._announced:
            return []
        topics, data = zip(*self._announced, strict=True)
        columns = {"topics": list(topics), "data": list(data)}
        ids = sorted(await self.session.scalars(INSERT, columns))
        announced = zip(ids, self._announced, strict=True)
        return [Event(id=id_, topic=topic, data=data) for id_, (topic, data) in announced]

    async def raw_connection(self) -> "asyncpg.Connection[asyncpg.Record]":
        """Returns the driver's connection inside this transaction, for ``copy`` and for jobs.

        SQLAlchemy's asyncpg dialect sends BEGIN with its own first statement only: a raw statement
        before that would be committed at once. So one statement goes first.
        """
        await self.session.flush()
        await self.session.execute(text("SELECT 1"))
        adapted = await (await self.session.connection()).get_raw_connection()
        return cast("asyncpg.Connection[asyncpg.Record]", adapted.driver_connection)
