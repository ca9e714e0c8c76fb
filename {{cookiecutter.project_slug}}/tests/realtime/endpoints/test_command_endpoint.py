"""Commands over HTTP against a real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from app.principal import Principal
from tests.realtime.rig import ORIGIN
from tests.realtime.rig import Rig
from tests.realtime.rig import running
from tests.realtime.rig import until

ADA = {"cookie": "session=ada", "origin": ORIGIN}


class Caller:
    """A client without a socket."""

    def __init__(self, rig: Rig, client: httpx.AsyncClient) -> None:
        self.address = f"http://127.0.0.1:{rig.port}/realtime/commands"
        self.client = client

    async def post(
        self, body: object, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {"content-type": "application/json", **(ADA if headers is None else headers)}
        return await self.client.post(self.address, content=content, headers=named, **options)

    async def ask(self, kind: str, **fields: Any) -> httpx.Response:
        return await self.post({"type": kind, "id": 7, **fields})


@pytest.fixture
async def caller(rig: Rig) -> AsyncIterator[Caller]:
    async with httpx.AsyncClient(timeout=60) as client:
        yield Caller(rig, client)


async def test_a_publish_gets_the_reply_of_a_socket(rig: Rig, caller: Caller) -> None:
    async with rig.socket("grace") as grace:
        await grace.hello({"topic": "board:7"})

        response = await caller.ask("publish", topic="board:7", data={"line": 1})

        assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
        assert response.headers["cache-control"] == "no-store"
        assert response.json() == {
            "type": "reply",
            "id": 7,
            "result": {"epoch": "e1", "offset": 1, "duplicate": False},
        }
        assert (await grace.receive())["data"] == {"line": 1}


async def test_history_and_presence_are_told(rig: Rig, caller: Caller) -> None:
    await rig.publish("room:7", 1, 2)
    async with rig.socket("grace") as grace:
        await grace.hello({"topic": "room:7", "presence": True})

        history = await caller.ask("history", topic="room:7", limit=1)
        presence = await caller.ask("presence", topic="room:7")

    assert history.json()["result"]["messages"] == [{"offset": 1, "data": 1}]
    assert len(presence.json()["result"]["members"]) == 1


async def test_a_signal_goes_to_everybody_but_the_callers_own_connection(
    rig: Rig, caller: Caller
) -> None:
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        connection = (await ada.hello({"topic": "room:7"}))["connection"]
        await grace.hello({"topic": "room:7"})

        response = await caller.ask("signal", topic="room:7", data="typing", connection=connection)

        assert (response.status_code, response.content) == (204, b"")
        assert (await grace.receive())["data"] == "typing"
        await rig.publish("room:7", "after")
        assert (await ada.receive())["data"] == "after"


async def test_without_a_connection_a_signal_comes_back_to_the_callers_socket(
    rig: Rig, caller: Caller
) -> None:
    async with rig.socket("ada") as ada:
        await ada.hello({"topic": "room:7"})

        response = await caller.post({"type": "signal", "topic": "room:7", "data": 1})

        assert response.status_code == 204
        assert (await ada.receive())["data"] == 1


async def test_the_connection_of_somebody_else_cannot_be_left_out(rig: Rig, caller: Caller) -> None:
    async with rig.socket("grace") as grace:
        connection = (await grace.hello({"topic": "room:7"}))["connection"]

        response = await caller.ask("signal", topic="room:7", data=1, connection=connection)

        assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid")
        await rig.publish("room:7", "after")
        assert (await grace.receive())["data"] == "after"


class Methods:
    """What the tests call; ``running`` counts the handlers that wait."""

    def __init__(self) -> None:
        self.running = 0

    async def greet(self, who: Principal, data: str) -> str:
        return f"{data}, {who.name}"

    async def wait(self, who: Principal, data: None) -> None:
        self.running += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.running -= 1


@pytest.fixture
def methods(rig: Rig) -> Methods:
    methods = Methods()
    rig.realtime.method("greet", methods.greet)
    rig.realtime.method("wait", methods.wait)
    return methods


async def test_a_call_runs_where_it_lands(caller: Caller, methods: Methods) -> None:
    response = await caller.ask("call", method="greet", data="hello")

    assert response.json()["result"] == {"data": "hello, ada"}


async def test_a_call_past_its_deadline_says_so(caller: Caller, methods: Methods) -> None:
    response = await caller.ask("call", method="wait", data=None, deadline_ms=30)

    assert (response.status_code, response.json()["error"]["code"]) == (504, "deadline")
    assert methods.running == 0


async def test_a_call_ends_when_its_caller_hangs_up(caller: Caller, methods: Methods) -> None:
    waiting = asyncio.create_task(caller.ask("call", method="wait", data=None, deadline_ms=60_000))
    await until(lambda: methods.running == 1)

    waiting.cancel()

    await until(lambda: methods.running == 0)


async def test_a_bearer_token_needs_no_origin(caller: Caller) -> None:
    headers = {"authorization": "Bearer ada"}
    body = {"type": "presence", "id": 1, "topic": "room:7"}

    assert (await caller.post(body, headers)).status_code == 200
    assert (await caller.post(body, {"authorization": "Bearer eve"})).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"cookie": "session=nobody", "origin": ORIGIN}, 401),
        ({"cookie": "session=ada"}, 403),
        ({"cookie": "session=ada", "sec-fetch-site": "same-origin"}, 200),
        ({"cookie": "session=ada", "sec-fetch-site": "same-site"}, 403),
        ({"cookie": "session=ada", "sec-fetch-site": "none"}, 403),
        ({"cookie": "session=ada", "origin": "https://evil.test"}, 403),
        ({"cookie": "session=ada", "origin": "null"}, 403),
        ({"authorization": "Bearer ada", "origin": "https://evil.test"}, 403),
        ({"authorization": "Bearer ada", "cookie": "session=ada"}, 403),
        ({"authorization": "Bearer ada", "sec-fetch-site": "cross-site"}, 403),
    ],
)
async def test_a_command_comes_from_our_own_pages_or_from_a_program_without_a_cookie(
    caller: Caller, headers: dict[str, str], status: int
) -> None:
    response = await caller.post({"type": "presence", "id": 1, "topic": "room:7"}, headers)

    assert response.status_code == status
    if status != 200:
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("command", "status", "code"),
    [
        ({"type": "publish", "topic": "room:7", "data": 1}, 403, "forbidden"),
        ({"type": "publish", "topic": "no:7", "data": 1}, 404, "unknown_topic"),
        ({"type": "publish", "topic": "board:7", "data": "x" * 20_000}, 413, "too_large"),
        ({"type": "publish", "topic": "board:7"}, 400, "invalid"),
        ({"type": "publish", "topic": "board:7", "data": 1, "connection": 7}, 400, "invalid"),
        ({"type": "history", "topic": "board:7", "limit": 501}, 400, "invalid"),
        ({"type": "presence", "topic": "room:away"}, 503, "unavailable"),
        ({"type": "presence", "topic": "room:broken"}, 500, "internal"),
        ({"type": "hello"}, 400, "unknown_type"),
        ({"type": "subscribe", "topic": "room:7"}, 400, "unknown_type"),
        ({"type": "refresh", "ticket": "t"}, 400, "unknown_type"),
        ({"type": "pong"}, 400, "unknown_type"),
        ({"type": "dance"}, 400, "unknown_type"),
    ],
)
async def test_a_refused_command_has_a_reply_and_a_status(
    caller: Caller, command: dict[str, Any], status: int, code: str
) -> None:
    response = await caller.post({"id": 7, **command})

    reply = response.json()
    assert (response.status_code, reply["id"], reply["error"]["code"]) == (status, 7, code)
    assert ("retry-after" in response.headers) == ("after_ms" in reply["error"])


async def test_a_signal_without_an_id_is_refused_without_one(caller: Caller) -> None:
    response = await caller.post({"type": "signal", "topic": "short:7", "data": 1})

    assert response.json()["id"] is None
    assert response.json()["error"]["code"] == "forbidden"


async def test_a_crash_is_internal(rig: Rig, caller: Caller) -> None:
    rig.backplane.is_broken = True

    response = await caller.ask("publish", topic="board:7", data=1)

    assert (response.status_code, response.json()["error"]["code"]) == (500, "internal")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b'{"id":1}',
        b'{"type":7,"id":1}',
        b'{"type":"publish","topic":"board:7","data":1}',
        b'{"type":"publish","id":0,"topic":"board:7","data":1}',
        b'{"type":"publish","id":1,"topic":"board:7","data":"\xff"}',
        b'{"type":"publish","id":1,"topic":"board:7","data":1}\n{}',
        b"[" * 60_000,
    ],
)
async def test_what_is_no_command_is_a_problem(rig: Rig, caller: Caller, body: bytes) -> None:
    response = await caller.post(body)

    assert (response.status_code, response.json()["type"]) == (400, "/problems/bad-request")
    assert rig.backplane.logs["board:7"] == []


async def status_of(rig: Rig, *parts: bytes) -> bytes:
    """Returns the status line of the answer to a request that is sent up to a point."""
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    head = [
        b"POST /realtime/commands HTTP/1.1",
        b"Host: here",
        b"Authorization: Bearer ada",
        b"Content-Type: application/json",
    ]
    writer.write(b"\r\n".join([*head, *parts]))
    async with asyncio.timeout(60):
        line = await reader.readline()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return line


async def test_a_body_over_the_limit_is_not_read(rig: Rig) -> None:
    announced = await status_of(rig, b"Content-Length: 65537", b"", b"")
    in_pieces = await status_of(
        rig, b"Transfer-Encoding: chunked", b"", *[b"2000", b" " * 0x2000] * 9, b""
    )

    assert b" 413 " in announced
    assert b" 413 " in in_pieces


async def test_a_body_that_does_not_arrive_is_given_up() -> None:
    async with running(hello_deadline_seconds=0.05) as rig:
        assert b" 408 " in await status_of(rig, b"Content-Length: 10", b"", b"{")


async def test_nothing_is_left_of_a_caller_that_hangs_up_in_the_middle_of_a_body(rig: Rig) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    head = b"Host: here\r\nAuthorization: Bearer ada\r\nContent-Type: application/json\r\n"
    writer.write(b"POST /realtime/commands HTTP/1.1\r\n%bContent-Length: 10\r\n\r\n{" % head)
    await until(lambda: rig.realtime._core.callers.running == 1)

    writer.transport.abort()

    await until(lambda: rig.realtime._core.callers.running == 0)


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-encoding": "gzip"},
    ],
)
async def test_a_command_is_plain_json(caller: Caller, headers: dict[str, str]) -> None:
    response = await caller.post(b"{}", {**ADA, **headers})

    assert response.status_code == 415


async def test_a_command_is_sent_with_post(caller: Caller) -> None:
    response = await caller.client.get(caller.address)

    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_with_the_sessions_away_a_caller_is_asked_to_come_back(
    rig: Rig, caller: Caller
) -> None:
    rig.door.is_away = True

    response = await caller.ask("presence", topic="room:7")

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")


async def test_one_user_has_one_rate_and_the_others_have_theirs() -> None:
    async with (
        running(commands_per_second=0.1, commands_burst=2) as rig,
        httpx.AsyncClient(timeout=60) as client,
    ):
        caller = Caller(rig, client)
        answers = [await caller.ask("presence", topic="room:7") for _ in range(4)]
        statuses, limited = [answer.status_code for answer in answers[:3]], answers[3]
        body = {"type": "presence", "id": 1, "topic": "room:7"}
        other = await caller.post(body, {"authorization": "Bearer grace"})

    assert statuses == [200, 200, 429]
    assert limited.json()["error"]["code"] == "rate_limited"
    assert int(limited.headers["retry-after"]) > 0
    assert other.status_code == 200


async def test_one_user_has_a_few_commands_at_once() -> None:
    methods = Methods()
    async with running(calls_per_connection=1) as rig, httpx.AsyncClient(timeout=60) as client:
        rig.realtime.method("wait", methods.wait)
        caller = Caller(rig, client)
        waiting = asyncio.create_task(caller.ask("call", method="wait", data=None))
        await until(lambda: methods.running == 1)

        second = await caller.ask("presence", topic="room:7")

        assert (second.status_code, second.json()["error"]["code"]) == (429, "rate_limited")
        waiting.cancel()
        await until(lambda: rig.realtime._core.callers.running == 0)
        assert (await caller.ask("presence", topic="room:7")).status_code == 200


async def test_a_process_works_on_a_limited_number_of_commands() -> None:
    async with running(commands_at_once=0) as rig, httpx.AsyncClient(timeout=60) as client:
        response = await Caller(rig, client).ask("presence", topic="room:7")

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")


async def test_a_draining_process_takes_no_commands(rig: Rig, caller: Caller) -> None:
    await rig.realtime.drain(window_seconds=0, deadline_seconds=0)

    assert (await caller.ask("presence", topic="room:7")).status_code == 503
