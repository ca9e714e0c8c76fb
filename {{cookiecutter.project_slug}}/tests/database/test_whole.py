"""Several units of work as one transaction: all of them or none, and each can be undone alone."""

from contextlib import suppress

import pytest
from sqlalchemy import text

from app.database import Database
from app.database import Event
from app.settings import Settings
from tests.servers import Databases

INSERT = text("INSERT INTO outbox (topic, data) VALUES (:topic, '1')")
TOPICS = text("SELECT topic FROM outbox ORDER BY topic")


async def add(database: Database, topic: str, *, fails: bool = False) -> None:
    """Does what a service does: its own unit of work, and an announcement."""
    async with database.transaction() as work:
        await work.session.execute(INSERT, {"topic": topic})
        work.announce(topic, b"1")
        if fails:
            raise ZeroDivisionError


async def topics(database: Database) -> list[str]:
    """Returns what is there, as a reader sees it."""
    async with database.reading() as session:
        return list(await session.scalars(TOPICS))


async def test_what_happens_inside_is_seen_inside_and_nowhere_else(
    database: Database, databases: Databases, settings: Settings
) -> None:
    other = databases.at(settings.database)
    async with database.whole() as work:
        await add(database, "one")
        inside = await topics(database)
        joined = work.session.in_transaction()
        outside = await topics(other)

    assert joined
    assert (inside, outside) == (["one"], [])
    assert "one" in await topics(database)


async def test_all_of_it_is_undone_together(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.whole():
            await add(database, "one")
            await add(database, "two", fails=True)

    assert await topics(database) == []


async def test_a_part_that_fails_is_undone_alone_with_what_it_announced(
    database: Database, databases: Databases, settings: Settings
) -> None:
    told: list[Event] = []

    async def publish(event: Event) -> None:
        told.append(event)

    publishing = databases.at(settings.database, publish=publish)
    async with publishing.whole():
        await add(publishing, "one")
        with suppress(ZeroDivisionError):
            await add(publishing, "two", fails=True)
        await add(publishing, "three")
        before = list(told)

    assert before == []
    assert [event.topic for event in told] == ["one", "three"]
    assert await topics(publishing) == ["one", "three"]


async def test_afterwards_units_of_work_are_alone_again(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.whole():
            raise ZeroDivisionError

    await add(database, "one")

    assert "one" in await topics(database)
