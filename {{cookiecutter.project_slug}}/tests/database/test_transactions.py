"""Units of work: rows and events together, raw connections, outages in one error."""

import asyncio
from typing import Any

import asyncpg
import pytest
import structlog
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Database
from app.database import Event
from app.database import OutboxRow
from app.database import engine
from app.errors import Unavailable
from app.settings import DatabaseSettings
from app.settings import Settings
from tests.patience import PATIENCE_SECONDS
from tests.servers import Databases

INSERT = "INSERT INTO outbox (topic, data) VALUES ('raw:1', '\\x31')"


class Told:
    """A publish that remembers, and fails while ``is_away``."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.is_away = False

    async def __call__(self, event: Event) -> None:
        if self.is_away:
            raise Unavailable("no backplane")
        self.events.append(event)


async def stored(database: Database) -> int:
    """Returns how many events are in the outbox."""
    async with database.reading() as session:
        return (await session.execute(select(func.count()).select_from(OutboxRow))).scalar_one()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def publishing(
    database: Database, databases: Databases, settings: Settings, told: Told
) -> Database:
    """Returns a database whose events are published to ``told``; ``database`` empties it."""
    return databases.at(settings.database, publish=told)


async def test_events_are_published_in_order_after_the_commit_and_forgotten(
    publishing: Database, told: Told
) -> None:
    async with publishing.transaction() as work:
        work.announce("room:1", b"1")
        work.announce("room:1", b"2")
        before = list(told.events)

    assert before == []
    assert [event.data for event in told.events] == [b"1", b"2"]
    assert told.events[0].key == f"outbox:{told.events[0].id}"
    assert await stored(publishing) == 0


async def test_a_rollback_takes_the_events_with_it(publishing: Database, told: Told) -> None:
    with pytest.raises(ZeroDivisionError):
        async with publishing.transaction() as work:
            work.announce("room:1", b"1")
            await work.session.flush()
            raise ZeroDivisionError

    assert told.events == []
    assert await stored(publishing) == 0


async def test_an_event_whose_publish_fails_stays_and_the_caller_is_not_told(
    publishing: Database, told: Told
) -> None:
    told.is_away = True

    async with publishing.transaction() as work:
        work.announce("room:1", b"1")

    assert await stored(publishing) == 1


async def test_a_raw_statement_made_first_is_rolled_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as work:
            raw = await work.raw_connection()
            await raw.execute(INSERT)
            raise ZeroDivisionError

    assert await stored(database) == 0


async def test_without_the_remedy_a_raw_statement_made_first_is_committed(
    database: Database,
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as work:
            raw = await driver_connection(work.session)
            await raw.execute(INSERT)
            raise ZeroDivisionError

    assert await stored(database) == 1


async def driver_connection(session: AsyncSession) -> "asyncpg.Connection[asyncpg.Record]":
    """Returns asyncpg's connection under a session, as it is."""
    adapted = await (await session.connection()).get_raw_connection()
    assert adapted.driver_connection
    found: asyncpg.Connection[asyncpg.Record] = adapted.driver_connection
    return found


async def test_connections_that_the_server_ended_are_replaced_unnoticed(
    database: Database,
) -> None:
    async with database.reading() as first, database.reading() as second:
        other = await driver_connection(second)
        pid = other.get_server_pid()
        await first.execute(text(f"SELECT pg_terminate_backend({pid})"))
        while not other.is_closed():  # noqa: ASYNC110 - the server's doing
            await asyncio.sleep(0.01)

    for _ in range(2 * database.engine.pool.size()):  # type: ignore[attr-defined]
        await database.ping()


async def test_a_transaction_whose_connection_ends_is_unavailable_and_writes_nothing(
    publishing: Database, told: Told
) -> None:
    with pytest.raises(Unavailable):
        async with publishing.transaction() as work:
            work.announce("room:1", b"1")
            await work.session.flush()
            pid = (await work.raw_connection()).get_server_pid()
            async with publishing.reading() as other:
                await other.execute(text(f"SELECT pg_terminate_backend({pid})"))

    assert told.events == []
    assert await stored(publishing) == 0


async def test_a_raw_connection_that_ends_is_unavailable(database: Database) -> None:
    with pytest.raises(Unavailable):
        async with database.transaction() as work:
            raw = await work.raw_connection()
            async with database.reading() as other:
                await other.execute(text(f"SELECT pg_terminate_backend({raw.get_server_pid()})"))
            await raw.execute(INSERT)

    assert await stored(database) == 0


async def test_a_server_that_says_nothing_at_all_is_unavailable(
    settings: Settings, databases: Databases, migrated: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "SILENCE_SECONDS", 0.0)
    database = databases.at(settings.database.model_copy(update={"statement_seconds": 1.0}))

    with pytest.raises(Unavailable):
        async with database.transaction() as work:
            raw = await work.raw_connection()
            await work.session.execute(text("SET LOCAL statement_timeout = 0"))
            await work.session.execute(text("SELECT pg_sleep(20)"))

    pool: Any = database.engine.pool
    assert raw.is_closed()  # what it may still say would be taken for an answer to somebody else
    assert pool.checkedout() == 0


async def test_what_fails_inside_a_transaction_for_other_reasons_is_left_as_it_is(
    database: Database,
) -> None:
    for mistake in (TimeoutError("of another server"), FileNotFoundError("a file")):
        with pytest.raises(type(mistake)):
            async with database.transaction():
                raise mistake


async def test_statements_are_told_without_what_they_hold(database: Database) -> None:
    with pytest.raises(IntegrityError) as failure:
        async with database.transaction() as work:
            await work.session.execute(
                text("INSERT INTO outbox (topic, data) VALUES (NULL, :data)"), {"data": b"hunter2"}
            )

    assert "hunter2" not in str(failure.value).partition("DETAIL")[0]


async def test_a_caller_who_goes_away_in_mid_publish_leaves_the_event_to_the_relay(
    settings: Settings, database: Database, databases: Databases
) -> None:
    publishes = asyncio.Event()

    async def hang(event: Event) -> None:
        publishes.set()
        await asyncio.Event().wait()

    patient = databases.at(settings.database, publish=hang)

    async def write() -> None:
        async with patient.transaction() as work:
            work.announce("room:1", b"1")

    caller = asyncio.create_task(write())
    await publishes.wait()
    caller.cancel()
    await asyncio.wait({caller})

    assert caller.cancelled()
    assert await stored(database) == 1


async def test_a_publish_that_hangs_does_not_hold_its_caller(
    settings: Settings, database: Database, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.database.database.PUBLISH_SECONDS", 0.05)

    async def hang(event: Event) -> None:
        await asyncio.Event().wait()

    patient = databases.at(settings.database, publish=hang)
    async with patient.transaction() as work:
        work.announce("room:1", b"1")

    assert await stored(database) == 1


async def test_an_event_that_cannot_be_published_harms_no_other(
    settings: Settings, database: Database, databases: Databases
) -> None:
    told = Told()

    async def publish(event: Event) -> None:
        if event.topic == "gone:1":
            raise LookupError("no namespace was declared")
        await told(event)

    careful = databases.at(settings.database, publish=publish)
    with structlog.testing.capture_logs() as lines:
        async with careful.transaction() as work:
            work.announce("gone:1", b"1")
            work.announce("room:1", b"2")

    assert [event.data for event in told.events] == [b"2"]
    assert await stored(database) == 1
    assert ("event_cannot_be_published", "gone:1") in {
        (line["event"], line.get("topic")) for line in lines
    }


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT pg_sleep(10)", "statement timeout"),
        ("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE", "lock timeout"),
    ],
)
async def test_a_statement_or_a_lock_that_takes_too_long_is_unavailable(
    database: Database,
    databases: Databases,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    statement: str,
    reason: str,
) -> None:
    monkeypatch.setattr(engine, "SILENCE_SECONDS", PATIENCE_SECONDS)  # only the server ends it
    hasty = settings.database.model_copy(update={"statement_seconds": 0.3, "lock_seconds": 0.1})
    impatient = databases.at(hasty)

    async with database.transaction() as holder:
        await holder.session.execute(text("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE"))
        with structlog.testing.capture_logs() as lines, pytest.raises(Unavailable):
            async with impatient.transaction() as work:
                await work.session.execute(text(statement))

    assert reason in lines[0]["reason"]


async def test_a_full_pool_is_unavailable_and_not_a_hang(
    settings: Settings, databases: Databases
) -> None:
    small = settings.database.model_copy(update={"pool_connections": 1, "pool_wait_seconds": 0.1})
    database = databases.at(small)

    async with database.reading() as holder:
        await holder.execute(text("SELECT 1"))
        with pytest.raises(Unavailable):
            await database.ping()

    await database.ping()


async def test_a_server_that_is_away_gets_one_line_without_its_password(
    databases: Databases,
) -> None:
    database = databases.at(
        DatabaseSettings.model_construct(url="postgresql://ada:secret@127.0.0.1:1/gone")
    )

    with structlog.testing.capture_logs() as lines:
        await database.open()
        with pytest.raises(Unavailable) as failure:
            await database.ping()

    told = [line for line in lines if line["event"] == "postgresql_unavailable"]
    assert len(told) == 1
    assert told[0]["where"] == "127.0.0.1:1/gone"
    assert "secret" not in str(lines)
    assert "127.0.0.1" not in failure.value.detail


async def test_a_mistake_of_ours_is_no_outage(database: Database) -> None:
    with pytest.raises(Exception, match="does not exist"):
        async with database.reading() as session:
            await session.execute(text("SELECT nothing FROM nowhere"))


async def test_a_reading_gives_its_connection_back_however_it_ends(database: Database) -> None:
    inside = asyncio.Event()
    pool: Any = database.engine.pool

    async def read(statement: str) -> None:
        async with database.reading() as session:
            await session.execute(text("SELECT 1"))
            assert pool.checkedout() == 1
            inside.set()
            await session.execute(text(statement))

    await read("SELECT 2")
    assert pool.checkedout() == 0
    with pytest.raises(ProgrammingError):
        await read("SELECT nothing")
    assert pool.checkedout() == 0
    inside.clear()
    cancelled = asyncio.create_task(read("SELECT pg_sleep(60)"))
    await inside.wait()
    cancelled.cancel()
    await asyncio.wait({cancelled})

    assert cancelled.cancelled()
    assert pool.checkedout() == 0
    await read("SELECT 3")


async def test_a_reading_that_is_well_takes_no_task(database: Database) -> None:
    made = []
    loop = asyncio.get_running_loop()

    def note(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        made.append(work)
        return asyncio.Task(work, loop=loop, **options)

    await stored(database)  # connects
    loop.set_task_factory(note)
    await stored(database)
    ours = len(made)
    async with AsyncSession(database.engine) as session:
        await session.execute(text("SELECT 1"))
    loop.set_task_factory(None)

    assert ours == 0
    assert made  # SQLAlchemy's own way to end a session
