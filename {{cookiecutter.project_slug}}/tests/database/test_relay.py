"""The relay: what a dead process left is published once more, in order, by one of many."""

import asyncio

import pytest
import structlog
from sqlalchemy import text

from app.database import Database
from app.database import Event
from app.database import OutboxRelay
from app.database import delete_old_events
from app.database import relay as relay_module
from app.errors import Unavailable
from tests.database.test_transactions import Told
from tests.database.test_transactions import stored
from tests.patience import PATIENCE_SECONDS

AGE_ALL = "UPDATE outbox SET created_at = now() - interval '1 minute'"


async def leave_behind(database: Database, *messages: bytes) -> None:
    """Commits events and never publishes them, as a process does that dies in between."""
    async with database.transaction() as work:
        for message in messages:
            work.announce("room:1", message)
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
        work.announce("room:1", b"fresh")

    count = await OutboxRelay(database, told).sweep()

    assert count == 0
    assert await stored(database) == 1


async def test_a_failure_in_the_middle_forgets_only_what_was_published(
    database: Database,
) -> None:
    told = Told()
    await leave_behind(database, b"1", b"2")

    async def publish_one(event: Event) -> None:
        await told(event)
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

    async def publish(event: Event) -> None:
        tried.set()
        await told(event)

    relay = asyncio.create_task(OutboxRelay(database, publish).run(stop))
    await tried.wait()
    told.is_away = False
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await stored(database):  # noqa: ASYNC110 - the state is PostgreSQL's
            await asyncio.sleep(0.05)
    stop.set()
    await relay

    assert [event.data for event in told.events] == [b"1"]


async def test_what_was_published_but_not_forgotten_is_published_again_under_the_same_key(
    database: Database,
) -> None:
    first, second = Told(), Told()
    await leave_behind(database, b"1")

    async def die_after_publishing(event: Event) -> None:
        await first(event)
        raise asyncio.CancelledError

    dying = asyncio.create_task(OutboxRelay(database, die_after_publishing).sweep())
    await asyncio.wait({dying})
    await OutboxRelay(database, second).sweep()

    assert dying.cancelled()
    assert [event.key for event in first.events] == [event.key for event in second.events]
    assert await stored(database) == 0


async def test_an_event_that_cannot_be_published_is_told_once_and_stops_no_other(
    database: Database,
) -> None:
    told = Told()
    await leave_behind(database, b"bad", b"good")

    async def publish(event: Event) -> None:
        if event.data == b"bad":
            raise LookupError("no namespace was declared")
        await told(event)

    relay = OutboxRelay(database, publish)
    with structlog.testing.capture_logs() as lines:
        counts = [await relay.sweep() for _ in range(3)]

    assert counts == [1, 0, 0]
    assert [event.data for event in told.events] == [b"good"]
    assert [line["event"] for line in lines].count("event_cannot_be_published") == 1
    assert await stored(database) == 1


async def test_a_sweep_that_fails_for_a_reason_of_its_own_does_not_end_the_relay(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "AWAY_MOST_SECONDS", 0.01)
    stop = asyncio.Event()

    class Broken(OutboxRelay):
        async def sweep(self) -> int:
            if lines:
                stop.set()
            raise ZeroDivisionError

    with structlog.testing.capture_logs() as lines:
        await Broken(database, Told()).run(stop)

    assert {line["event"] for line in lines} == {"outbox_sweep_failed"}


async def test_events_older_than_the_life_of_their_keys_are_given_up_aloud(
    database: Database,
) -> None:
    await leave_behind(database, b"old")
    async with database.reading() as session:
        await session.execute(text("UPDATE outbox SET created_at = now() - interval '25 hours'"))
    async with database.transaction() as work:
        work.announce("room:2", b"new")

    with structlog.testing.capture_logs() as lines:
        await delete_old_events(database)
        await delete_old_events(database)

    assert [(line["event"], line["events"], line["topics"]) for line in lines] == [
        ("events_given_up", 1, ["room:1"])
    ]
    assert await stored(database) == 1
