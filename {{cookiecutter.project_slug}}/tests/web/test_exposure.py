"""What a caller learns of the inside when something goes wrong: an id, and nothing else (W22)."""

import asyncio
import re
import traceback
from typing import Any

import pytest
import structlog
from jinja2 import TemplateSyntaxError
from pydantic import BaseModel
from quart import Quart
from quart import render_template_string
from quart import url_for
from quart.typing import TestClientProtocol as Client
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import text

from app import errors
from app.resources import current_resources
from app.web import guard
from app.web import limit
from app.web import public

SECRET = "postgresql://app:hunter2@db.internal:5432/app"
INSIDE = re.compile(
    r"Traceback|File \"|\.py\b|line \d+|hunter2|db\.internal|SELECT|nowhere|sqlalchemy|asyncpg"
    r"|werkzeug|jinja|redis|pydantic|quart[/ ]\d|hypercorn|uvicorn|python[/ ]\d|\wError\b"
    r"|\wException\b",
    re.IGNORECASE,
)
PRIVATE = [
    "/metrics",
    "/.env",
    "/.git/HEAD",
    "/debug",
    "/console",
    "/server-status",
    "/actuator/env",
    "/phpinfo.php",
    "/pyproject.toml",
    "/src/app/settings.py",
    "/static/web/../../settings.py",
    "/static/web/%2e%2e/%2e%2e/settings.py",
]


class Shape(BaseModel):
    number: int


async def bad_sql() -> None:
    async with current_resources().database.transaction() as work:
        await work.session.execute(text("SELECT secret FROM nowhere"))


async def bad_template() -> None:
    await render_template_string("{{ 1 / 0 }}")


async def bad_address() -> None:
    url_for("no.such.endpoint")


async def bad_shape() -> None:
    Shape.model_validate({"number": SECRET})


async def bad_depth() -> None:
    await bad_depth()


async def bad_task() -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bad_template())


WAYS: dict[str, Any] = {
    "sql": bad_sql,
    "template": bad_template,
    "address": bad_address,
    "shape": bad_shape,
    "depth": bad_depth,
    "task": bad_task,
    "runtime": RuntimeError(SECRET),
    "key": KeyError("hunter2"),
    "value": ValueError(SECRET),
    "zero": ZeroDivisionError("line 1"),
    "file": FileNotFoundError(2, "No such file", "/srv/app/secret.py"),
    "connection": ConnectionRefusedError(111, SECRET),
    "timeout": TimeoutError(SECRET),
    "redis": RedisConnectionError(SECRET),
    "syntax": TemplateSyntaxError("unexpected", 1, filename="base.html"),
    "unicode": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
    "assertion": AssertionError(SECRET),
    "memory": MemoryError(SECRET),
    "unavailable": errors.Unavailable(SECRET),
    "application": errors.AppError(SECRET),
}


@pytest.fixture
def failing(app: Quart) -> Client:
    """Returns a client of an application with a route for each way to fail."""

    @guard(public)
    @limit("1000/minute")
    async def fail(way: str) -> str:
        reason = WAYS[way]
        if isinstance(reason, Exception):
            raise reason
        await reason()
        return ""

    app._got_first_request = False
    app.add_url_rule("/fail/<way>", "fail", fail)
    return app.test_client()


def test_there_are_twenty_ways_to_fail() -> None:
    assert len(WAYS) == 20


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize("way", WAYS)
async def test_a_failure_tells_its_id_and_nothing_of_the_inside(
    failing: Client, way: str, accept: str
) -> None:
    with structlog.testing.capture_logs():
        answer = await failing.get(f"/fail/{way}", headers={"Accept": accept})
    told = await answer.get_data(as_text=True)

    assert answer.status_code in {500, 503}
    assert answer.headers["X-Request-Id"] in told
    assert INSIDE.findall(re.sub(r"<link[^>]*>|<script[^>]*>", "", told)) == []
    assert [pair for pair in answer.headers.items() if INSIDE.search(" ".join(pair))] == []


@pytest.mark.parametrize("path", PRIVATE)
async def test_what_is_for_us_is_not_on_the_public_port(client: Client, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_a_handler_that_tells_the_error_tells_the_inside() -> None:
    naive = Quart("naive")

    @naive.get("/fail")
    async def fail() -> str:
        raise RuntimeError(SECRET)

    @naive.errorhandler(Exception)
    async def told(error: Exception) -> tuple[str, int]:
        return traceback.format_exc(), 500

    answer = await naive.test_client().get("/fail")

    assert {"Traceback", "hunter2"} <= set(INSIDE.findall(await answer.get_data(as_text=True)))
