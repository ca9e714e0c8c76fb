"""What PostgreSQL may do to the running service: be full, be slow, cut, crash, start late."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy.engine import make_url

from app.embedded.server import Server
from app.settings import Settings
from tests.bars.service import Service
from tests.bars.service import recovered
from tests.bars.service import service
from tests.patience import PATIENCE_SECONDS
from tests.programs import answers
from tests.programs import environment_of
from tests.programs import running
from tests.servers import connection

pytestmark = pytest.mark.slow

POOL = 10
CROWD = 100
FEW = 3
TRANSACTIONS = 200
CUTS = 5
CUT = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'app'
"""
BUSY = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'PgSleep'
"""
TABLE = "CREATE UNLOGGED TABLE IF NOT EXISTS pairs (id int, half int)"
HALVES = "SELECT count(*) FROM (SELECT id FROM pairs GROUP BY id HAVING count(*) <> 2) AS halves"


async def test_a_full_pool_is_told_in_time_and_the_process_lives(
    settings: Settings, migrated: object
) -> None:
    """L10: many slow queries over a pool of ten."""
    seconds = {"DATABASE_POOL_WAIT_SECONDS": "0.3", "DATABASE_POOL_CONNECTIONS": str(POOL)}
    async with service(settings, **seconds) as up:
        slow = asyncio.create_task(up.ask_at_once("GET", *["/bars/query/2.0"] * CROWD))
        alive = await answers(f"{settings.public_url}/livez", status=200)
        answered = await slow
        back = await up.ask_at_once("GET", *["/bars/query/0.0"] * POOL)

    statuses = Counter(one.status for one in answered)
    refused = [one for one in answered if one.status == 503]
    print("pool:", statuses, f"longest refusal {max(one.seconds for one in refused):.2f} s")
    assert alive.status_code == 200
    assert set(statuses) == {200, 503}
    assert statuses[503] > CROWD / 2
    assert all(one.retry_after for one in refused)
    assert {one.status for one in back} == {200}


async def test_a_patient_pool_makes_everybody_wait(settings: Settings, migrated: object) -> None:
    patient = {"DATABASE_POOL_WAIT_SECONDS": "60", "DATABASE_POOL_CONNECTIONS": "1"}
    async with service(settings, **patient) as up:
        answered = await up.ask_at_once("GET", *["/bars/query/0.3"] * 5)

    assert {one.status for one in answered} == {200}
    assert max(one.seconds for one in answered) > 5 * 0.3


async def test_a_lock_and_a_statement_that_take_too_long_are_told_and_the_pool_stays(
    settings: Settings, migrated: object
) -> None:
    """F15."""
    hasty = {"DATABASE_STATEMENT_SECONDS": "1.0", "DATABASE_LOCK_SECONDS": "0.5"}
    async with connection(settings.database.url) as other, service(settings, **hasty) as up:
        await other.execute(TABLE)
        async with other.transaction():
            await other.execute("LOCK TABLE pairs IN ACCESS EXCLUSIVE MODE")
            locked = await up.ask_at_once("POST", *(f"/bars/pairs/{n}" for n in range(2 * POOL)))
        slow = await up.ask_at_once("GET", "/bars/query/30.0")
        after = await up.ask_at_once("GET", *["/bars/query/0.0"] * POOL)
        await other.execute("DROP TABLE pairs")

    longest = max(one.seconds for one in (*locked, *slow))
    print(f"locked or slow: longest {longest:.2f} s")
    assert {one.status for one in (*locked, *slow)} == {503}
    assert longest < 30  # what the slow query would take; nobody gives the lock back
    assert {one.status for one in after} == {200}


async def test_too_many_connections_are_told(settings: Settings, migrated: object) -> None:
    """F15: PostgreSQL gives the service three connections, and its pool wants ten."""
    url = make_url(settings.database.url)
    role = f"few_{url.database}"
    async with connection(settings.database.url) as admin:
        await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}' CONNECTION LIMIT 3")
        await admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        few = url.set(username=role, password=role).render_as_string(hide_password=False)
        async with service(settings, DATABASE_URL=few) as up:
            full = await up.ask_at_once("GET", *["/bars/query/1.0"] * POOL)
            after = await up.ask_at_once("GET", "/bars/query/0.0", "/bars/query/0.0")
        await admin.execute(f"DROP OWNED BY {role}")
        await admin.execute(f"DROP ROLE {role}")

    statuses = Counter(one.status for one in full)
    print("three connections:", statuses)
    assert set(statuses) == {200, 503}
    assert {one.status for one in after} == {200}


async def cut_while(up: Service, method: str, path: str) -> list[int]:
    """Ends every backend of the service while it answers requests; returns their statuses."""
    async with connection(up.settings.database.url) as admin, asyncio.timeout(PATIENCE_SECONDS):
        asked = asyncio.create_task(up.ask_at_once(method, *[path] * FEW))
        while await admin.fetchval(BUSY) < FEW:  # noqa: ASYNC110 - the server's doing
            await asyncio.sleep(0.01)
        await admin.execute(CUT)
        return [one.status for one in await asked]


async def test_a_safe_request_whose_connection_was_cut_is_tried_once_more(
    settings: Settings, migrated: object
) -> None:
    """F13; the same by POST shows what it would be without."""
    async with service(settings) as up:
        safe = await cut_while(up, "GET", "/bars/query/2.0")
        unsafe = await cut_while(up, "POST", "/bars/query/2.0")

    assert safe == [200] * FEW
    assert unsafe == [503] * FEW
    assert "Traceback" not in up.program.output


async def test_of_two_hundred_transactions_that_are_cut_none_is_half_done(
    settings: Settings, migrated: object
) -> None:
    """F13."""
    numbers = iter(range(TRANSACTIONS))
    statuses: Counter[int] = Counter()

    async with connection(settings.database.url) as admin, service(settings) as up:
        await admin.execute(TABLE)

        async def write() -> None:
            async with up.client() as client:
                for number in numbers:
                    statuses[(await up.ask(client, "POST", f"/bars/pairs/{number}")).status] += 1

        writers = [asyncio.create_task(write()) for _ in range(POOL)]
        for cut in range(1, CUTS + 1):
            while statuses.total() < cut * TRANSACTIONS // (CUTS + 1):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await admin.execute(CUT)
        await asyncio.gather(*writers)
        halves = await admin.fetchval(HALVES)
        written = await admin.fetchval("SELECT count(DISTINCT id) FROM pairs")
        await admin.execute("DROP TABLE pairs")
        healed = await recovered(settings)

    print("cut transactions:", statuses, f"{written} written, {halves} halves, {healed:.2f} s")
    assert statuses.total() == TRANSACTIONS
    assert set(statuses) == {200, 503}, "nobody was cut, or not everybody was answered"
    assert halves == 0
    assert written >= statuses[200]


async def test_the_pool_heals_when_postgresql_comes_back_from_a_crash(
    settings: Settings, postgres: Server
) -> None:
    """F12: at most one failed request for each pooled connection once the server is up."""
    postgres.start()
    async with service(settings, DATABASE_URL=postgres.url) as up:
        before = await up.ask_at_once("GET", *["/bars/query/0.1"] * POOL)
        postgres.kill()
        away = await up.ask_at_once("GET", *["/bars/query/0.0"] * POOL)
        postgres.start()
        healed = await recovered(settings)
        after = [one for _ in range(3) for one in await up.ask_at_once("GET", "/bars/query/0.0")]

    failed = sum(one.status != 200 for one in after)
    print(f"crash: ready {healed:.2f} s after the server, {failed} failed requests")
    assert {one.status for one in before} == {200}
    assert {one.status for one in away} == {503}
    assert failed == 0
    assert "Traceback" not in up.program.output


async def test_a_process_that_starts_before_its_servers_lives_and_becomes_ready(
    settings: Settings, postgres: Server, valkey: Server
) -> None:
    """F16: both are down; what is missing is told by its name and no more."""
    told = environment_of(settings, DATABASE_URL=postgres.url, REDIS_URL=valkey.url)
    async with running("tests.bars.service_program", environment=told) as program:
        await answers(f"{settings.public_url}/livez", status=200)
        without = await answers(f"{settings.public_url}/readyz", status=503)
        postgres.start()
        valkey.start()
        ready = await recovered(settings)
        is_running = program.process.returncode is None

    print(f"late servers: ready {ready:.2f} s after them")
    assert without.json()["checks"]["postgresql"] in {"unavailable", "timeout"}
    assert str(postgres.place.sockets) not in without.text
    assert is_running
