"""The line of a request, and the id that goes with it."""

import asyncio
import re
from collections.abc import MutableMapping
from typing import Any

import pytest
import structlog
from quart.typing import TestClientProtocol as Client

from app.telemetry import RequestLog
from app.telemetry import note
from app.telemetry.request_log import REQUEST_ID
from app.telemetry.request_log import span_of

Lines = list[MutableMapping[str, Any]]


@pytest.mark.parametrize("brought", ["short", "x" * 65, "with space", "new\nline12", 'quote"quote'])
def test_a_harmful_request_id_is_replaced(brought: str) -> None:
    scope = {"headers": [(b"x-request-id", brought.encode())]}

    assert re.fullmatch(r"[0-9a-f]{16}", span_of(scope).request_id)


def test_a_harmless_request_id_is_kept() -> None:
    scope = {"headers": [(b"x-request-id", b"from-the-proxy.1")]}

    assert span_of(scope).request_id == "from-the-proxy.1"


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


async def served(application: object, scope: dict[str, Any]) -> tuple[list[dict[str, Any]], Lines]:
    """Serves one scope; returns what was sent to the client, and the log."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    with structlog.testing.capture_logs() as lines:
        await RequestLog(application)(scope, receive, send)
    return sent, lines


async def test_a_socket_gets_a_line_when_it_opens_and_one_when_it_closes() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "hello"})
        await send({"type": "websocket.close", "code": 1012})

    sent, lines = await served(application, {"type": "websocket", "path": "/ws", "headers": []})

    assert [line["event"] for line in lines] == ["websocket_opened", "websocket_closed"]
    assert (lines[1]["code"], lines[1]["bytes"]) == (1012, 5)
    assert sent[0]["headers"][0][0] == b"x-request-id"


async def test_a_stream_gets_a_line_when_it_opens_and_one_when_it_closes() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        kind = (b"Content-Type", b"text/event-stream; charset=utf-8")
        await send({"type": "http.response.start", "status": 200, "headers": [kind]})
        await send({"type": "http.response.body", "body": b"data: 1\n\n"})

    scope = {"type": "http", "method": "GET", "path": "/events", "headers": []}
    _, lines = await served(application, scope)

    assert [line["event"] for line in lines] == ["stream_opened", "stream_closed"]
    assert lines[1]["bytes"] == 9


async def test_a_refused_handshake_is_a_request() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.http.response.start", "status": 403, "headers": []})

    _, lines = await served(application, {"type": "websocket", "path": "/ws", "headers": []})

    assert [(line["event"], line["status"]) for line in lines] == [("request", 403)]


async def test_what_a_task_of_the_request_notes_is_in_its_line() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        async def work() -> None:
            note(user="ada")

        await asyncio.create_task(work())
        await send({"type": "http.response.start", "status": 204, "headers": []})

    note(user="nobody, since there is no request here")
    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    _, lines = await served(application, scope)

    assert lines[0]["user"] == "ada"


async def test_a_request_that_fails_has_its_line_all_the_same() -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with structlog.testing.capture_logs() as lines, pytest.raises(ZeroDivisionError):
        await RequestLog(application)(scope, None, None)

    assert [(line["event"], line["status"]) for line in lines] == [("request", 0)]


async def test_other_scopes_pass_through() -> None:
    passed: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    await served(application, {"type": "lifespan"})

    assert passed == ["lifespan"]
