"""The relay: what a dead process left is published once more, in order, by one of many."""

import asyncio

import pytest
from sqlalchemy import text

from app.database import Database
from app.database import OutboxRelay
from app.errors import Unavailable
from tests.database.test_transactions import Told
from tests.database.test_transactions import stored

WAIT_SECONDS_HANG_GUARD = 30

AGE_ALL = "UPDATE outbox SET created_at = now() - interval '1 minute'"


async def leave_behind(database: Database, *messages: bytes) -> None:
    """Commits events and never publishes them, as a process does that dies in between."""
    async with database.transaction() as work:
        for message in messages:
            work.announce("chat:1", message)
    async with database.reading() as session:
        await session.execute(text(AGE_ALL))


async def test_leftovers_are_published_in_order_and_forgotten(database: Database) -> None:
    told = Told()
    await leave_behind(database, b"1", b"2", b"3")

    count = await OutboxRelay(database, told).sweep()

    assert count == 3
    assert [event.data for event in told.events] == [b"1", b"2", b"3"]
    assert await stored(database) == 0


async def test_fresh_events_are_left_to_the_process_that_wrote_them(database: Database) -> None:
    told = Told()
    async with database.transaction() as work:
        work.announce("chat:1", b"fresh")

    count = await OutboxRelay(database, told).sweep()

    assert count == 0
    assert await stored(database) == 1


async def test_a_failure_in_the_middle_forgets_only_what_was_published(
    database: Database,
) -> None:
    told = Told()
    await leave_behind(database, b"1", b"2")

    async def publish_one(event: object) -> None:
        await told(event)  # type: ignore[arg-type]
        told.is_away = True

    with pytest.raises(Unavailable):
        await OutboxRelay(database, publish_one).sweep()

    assert [event.data for event in told.events] == [b"1"]
    assert await stored(database) == 1


async def test_two_relays_at_once_publish_each_event_once(
    database: Database,
) -> None:
    told = Told()
    await leave_behind(database, *(str(number).encode() for number in range(50)))

    await asyncio.gather(*(OutboxRelay(database, told).sweep() for _ in range(4)))

    assert sorted(int(event.data) for event in told.events) == list(range(50))
    assert await stored(database) == 0


async def test_the_relay_goes_on_after_the_backplane_was_away(database: Database) -> None:
    told, stop = Told(), asyncio.Event()
    tried = asyncio.Event()
    told.is_away = True
    await leave_behind(database, b"1")

    async def publish(event: object) -> None:
        tried.set()
        await told(event)  # type: ignore[arg-type]

    relay = asyncio.create_task(OutboxRelay(database, publish).run(stop))
    await tried.wait()
    told.is_away = False
    async with asyncio.timeout(WAIT_SECONDS_HANG_GUARD):
        while await stored(database):  # noqa: ASYNC110 - the state is PostgreSQL's
            await asyncio.sleep(0.05)
    stop.set()
    await relay

    assert [event.data for event in told.events] == [b"1"]
