"""What an orchestrator is told."""

import asyncio

import pytest
from quart import Quart

from app.errors import Unavailable
from app.web.health import FRESH_SECONDS
from app.web.health import Health


class Thing:
    """Something that can be away, and counts how often it was asked."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked = 0

    async def check(self) -> None:
        self.asked += 1
        if self.error:
            raise self.error


@pytest.fixture
def database(health: Health) -> Thing:
    """Returns the thing without which nothing works."""
    thing = Thing()
    health.add("postgresql", thing.check, required=True)
    return thing


@pytest.fixture
def redis(health: Health) -> Thing:
    """Returns the thing without which something works."""
    thing = Thing()
    health.add("redis", thing.check, required=False)
    return thing


async def readiness(app: Quart) -> tuple[int, dict[str, object]]:
    """Returns what /readyz says."""
    response = await app.test_client().get("/readyz")
    return response.status_code, await response.get_json()


async def test_all_is_well(small_app: Quart, database: Thing, redis: Thing) -> None:
    status, told = await readiness(small_app)

    assert status == 200
    assert told == {"status": "ready", "checks": {"postgresql": "ok", "redis": "ok"}}


async def test_without_postgresql_no_requests(
    small_app: Quart, database: Thing, redis: Thing
) -> None:
    database.error = Unavailable("refused")

    status, told = await readiness(small_app)

    assert status == 503
    assert told == {
        "status": "unavailable",
        "checks": {"postgresql": "unavailable", "redis": "ok"},
    }


async def test_without_redis_requests_nevertheless(
    small_app: Quart, database: Thing, redis: Thing
) -> None:
    redis.error = Unavailable("refused")

    status, told = await readiness(small_app)

    assert (status, told["status"]) == (200, "degraded")


async def test_a_check_that_fails_itself_is_no_end(small_app: Quart, database: Thing) -> None:
    database.error = RuntimeError("a mistake in the check")

    status, told = await readiness(small_app)

    assert (status, told["checks"]) == (503, {"postgresql": "error"})


async def test_a_process_that_stops_takes_no_requests_and_asks_nobody(
    small_app: Quart, health: Health, database: Thing
) -> None:
    health.draining = True

    status, told = await readiness(small_app)

    assert (status, told["status"], database.asked) == (503, "draining", 0)


async def test_the_process_lives_whatever_is_away(
    small_app: Quart, health: Health, database: Thing
) -> None:
    database.error = Unavailable("refused")
    health.draining = True

    response = await small_app.test_client().get("/livez")

    assert response.status_code == 200
    assert database.asked == 0


async def test_many_questions_at_once_are_one_question(database: Thing, health: Health) -> None:
    await asyncio.gather(*(health.report() for _ in range(20)))

    assert database.asked == 1


async def test_an_answer_is_used_for_a_moment_only() -> None:
    now = 0.0
    thing = Thing()
    health = Health(clock=lambda: now)
    health.add("thing", thing.check, required=True)
    await health.report()
    await health.report()
    assert thing.asked == 1

    now = FRESH_SECONDS
    await health.report()

    assert thing.asked == 2


async def test_a_check_that_hangs_is_given_up() -> None:
    health = Health(check_seconds=0.01)

    async def hang() -> None:
        await asyncio.Event().wait()

    health.add("thing", hang, required=True)

    report = await health.report()

    assert report.checks == {"thing": "timeout"}
