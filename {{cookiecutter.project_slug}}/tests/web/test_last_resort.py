"""Code of ours that fails: one caller is told, with an id, and nobody else notices (F27)."""

import asyncio
from operator import attrgetter

import httpx
import pytest
import structlog
from quart import Quart
from quart.typing import TestClientProtocol as Client

from app.resources import resources_of
from app.web import guard
from app.web import limit
from app.web import public
from app.web.health import FRESH_SECONDS

PEERS = 20


@pytest.fixture
async def failing(app: Quart) -> asyncio.Event:
    """Adds a view that fails, one that leaves a task behind that does, and one that waits."""
    release = asyncio.Event()

    @guard(public)
    @limit("1000/minute")
    async def fail() -> str:
        raise RuntimeError("a bug")

    @guard(public)
    @limit("1000/minute")
    async def behind() -> str:
        app.add_background_task(fail)
        return "done"

    @guard(public)
    @limit("1000/minute")
    async def wait() -> str:
        await release.wait()
        return "done"

    app._got_first_request = False
    for name, view in {"fail": fail, "behind": behind, "wait": wait}.items():
        app.add_url_rule(f"/{name}", name, view)
    return release


async def test_a_view_that_fails_takes_nobody_with_it(
    live_server: str, failing: asyncio.Event
) -> None:
    async with httpx.AsyncClient(base_url=live_server, timeout=60) as client:
        peers = [asyncio.create_task(client.get("/wait")) for _ in range(PEERS)]
        failed = [await client.get("/fail") for _ in range(3)]
        failing.set()
        answers = await asyncio.gather(*peers)

    ids = {answer.headers["X-Request-Id"] for answer in failed}
    assert [answer.status_code for answer in failed] == [500] * 3
    assert {answer.json()["instance"] for answer in failed} == ids
    assert len(ids) == 3
    assert [answer.text for answer in answers] == ["done"] * PEERS


async def test_a_task_that_a_view_left_behind_fails_alone(
    client: Client, failing: asyncio.Event
) -> None:
    answer = await client.get("/behind")
    again = await client.get("/livez")

    assert (answer.status_code, again.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("supervisor", "task"),
    [
        ("supervisor", "sessions"),
        ("backplane._wires._supervisor", "redis subscriber"),
        ("presence._supervisor", "node lease"),
    ],
)
async def test_a_task_that_keeps_crashing_makes_the_process_not_ready(
    app: Quart, client: Client, supervisor: str, task: str
) -> None:
    health = resources_of(app).health
    crashes = attrgetter(supervisor)(resources_of(app).realtime._core)._crashes
    before = await (await client.get("/readyz")).get_json()

    crashes[task] = 4
    health._asked_at -= FRESH_SECONDS
    fourth = await client.get("/readyz")
    crashes[task] = 5
    health._asked_at -= FRESH_SECONDS
    with structlog.testing.capture_logs():
        fifth = await client.get("/readyz")
    alive = await client.get("/livez")

    assert before["checks"]["tasks"] == "ok"
    assert (fourth.status_code, fifth.status_code, alive.status_code) == (200, 503, 200)
    assert (await fifth.get_json())["checks"]["tasks"] == "unavailable"
