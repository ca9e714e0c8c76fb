"""The line of a request, and the id that goes with it."""

import re

import pytest
import structlog
from quart.typing import TestClientProtocol as Client

from app.telemetry.request_log import REQUEST_ID
from app.telemetry.request_log import request_id_of


@pytest.mark.parametrize("brought", ["short", "x" * 65, "with space", "new\nline12", 'quote"quote'])
def test_a_harmful_request_id_is_replaced(brought: str) -> None:
    scope = {"headers": [(b"x-request-id", brought.encode())]}

    assert re.fullmatch(r"[0-9a-f]{16}", request_id_of(scope))


def test_a_harmless_request_id_is_kept() -> None:
    scope = {"headers": [(b"x-request-id", b"from-the-proxy.1")]}

    assert request_id_of(scope) == "from-the-proxy.1"


async def test_a_request_is_one_line_with_its_facts(client: Client) -> None:
    with structlog.testing.capture_logs() as lines:
        response = await client.get("/nowhere", headers={"X-Request-ID": "abc-12345"})

    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/nowhere", 404)
    assert line["bytes"] == len(await response.get_data(as_text=False))
    assert response.headers["X-Request-ID"] == "abc-12345"


async def test_health_checks_are_for_debugging_only(client: Client) -> None:
    with structlog.testing.capture_logs() as lines:
        response = await client.get("/livez")

    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["log_level"] == "debug"
    assert REQUEST_ID.fullmatch(response.headers["X-Request-ID"].encode())
