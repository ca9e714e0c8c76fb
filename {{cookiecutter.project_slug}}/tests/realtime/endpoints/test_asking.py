"""``publish`` and ``call`` over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import msgspec
import pytest
import structlog

from app.errors import Forbidden
from app.errors import Unavailable
from app.principal import Principal
from tests.realtime.rig import Rig
from tests.realtime.rig import running
from tests.realtime.rig import until


async def test_a_client_publishes_where_the_namespace_lets_it(rig: Rig) -> None:
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello()
        await grace.hello({"topic": "board:7"})

        reply = await ada.ask("publish", topic="board:7", data={"line": [1, 2]})

        assert reply["result"] == {"epoch": "e1", "offset": 1, "duplicate": False}
        assert await grace.receive() == {
            "type": "message",
            "topic": "board:7",
            "offset": 1,
            "data": {"line": [1, 2]},
        }


async def test_a_publisher_that_listens_gets_its_own_message_in_its_place(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "board:7"})

        await ada.send("publish", topic="board:7", data=1)

        frames = [await ada.receive(), await ada.receive()]
        assert {frame["type"] for frame in frames} == {"reply", "message"}


async def test_publishing_again_with_the_same_key_changes_nothing(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()
        first = await ada.ask("publish", topic="board:7", data=1, key="k1")

        again = await ada.ask("publish", topic="board:7", data=1, key="k1")

    assert (first["result"]["offset"], first["result"]["duplicate"]) == (1, False)
    assert (again["result"]["offset"], again["result"]["duplicate"]) == (1, True)


async def test_the_key_of_one_client_is_not_that_of_another_nor_one_of_ours(rig: Rig) -> None:
    await rig.realtime.publish("board:7", b"0", key="k1")
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello()
        await grace.hello()

        replies = [
            await one.ask("publish", topic="board:7", data=1, key="k1") for one in (ada, grace)
        ]

    assert [reply["result"]["duplicate"] for reply in replies] == [False, False]


async def test_publishing_to_an_ephemeral_topic_has_no_place(rig: Rig) -> None:
    async with rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello()
        await grace.hello({"topic": "cursors:7"})

        reply = await ada.ask("publish", topic="cursors:7", data=1)

        assert reply["result"] == {"epoch": "", "offset": 0, "duplicate": False}
        assert (await grace.receive())["data"] == 1


@pytest.mark.parametrize(
    ("topic", "data", "code"),
    [
        ("room:7", 1, "forbidden"),
        ("board:secret", 1, "forbidden"),
        ("nothing:7", 1, "unknown_topic"),
        ("control:all", 1, "unknown_topic"),
        ("board:7", "x" * 20_000, "too_large"),
        ("board:away", 1, "unavailable"),
        ("board:broken", 1, "internal"),
        ("", 1, "invalid"),
    ],
)
async def test_a_refused_publish_says_why_and_publishes_nothing(
    rig: Rig, topic: str, data: object, code: str
) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        reply = await ada.ask("publish", topic=topic, data=data)

    assert reply["error"]["code"] == code
    assert rig.backplane.logs[topic] == []


async def test_a_publish_while_the_backplane_is_away_may_be_tried_again(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()
        rig.backplane.is_away = True

        error = (await ada.ask("publish", topic="board:7", data=1, key="k"))["error"]

    assert (error["code"], error["retry"]) == ("unavailable", True)


@dataclass(frozen=True)
class Sum:
    terms: Annotated[list[int], msgspec.Meta(max_length=3)]


class Methods:
    """What the tests call; ``running`` counts the handlers that wait, ``ended`` how they did."""

    def __init__(self) -> None:
        self.running = 0
        self.ended: list[str] = []

    async def add(self, who: Principal, data: Sum) -> dict[str, object]:
        return {"sum": sum(data.terms), "for": who.name}

    async def wait(self, who: Principal, data: None) -> None:
        self.running += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise
        finally:
            self.running -= 1

    async def refuse(self, who: Principal, data: str) -> None:
        match data:
            case "forbidden":
                raise Forbidden("the board is Grace's")
            case "unavailable":
                raise Unavailable("10.0.0.1 is away", after_seconds=2)
            case "timeout":
                raise TimeoutError("a time-out of the handler's own")
            case _:
                raise RuntimeError("a bug in a feature")

    async def much(self, who: Principal, data: int) -> str:
        return "x" * data

    async def odd(self, who: Principal, data: None) -> object:
        return object()


@pytest.fixture
async def methods(rig: Rig) -> AsyncIterator[Methods]:
    methods = Methods()
    for name in ("add", "wait", "refuse", "much", "odd"):
        rig.realtime.method(f"test.{name}", getattr(methods, name))
    yield methods
    await until(lambda: methods.running == 0)


async def test_a_call_runs_a_method_for_the_caller(rig: Rig, methods: Methods) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        reply = await ada.ask("call", method="test.add", data={"terms": [1, 2]})

    assert reply["result"] == {"data": {"sum": 3, "for": "ada"}}


@pytest.mark.parametrize(
    "command",
    [
        {"method": "test.unknown", "data": None},
        {"method": "test.add", "data": {"terms": "many"}},
        {"method": "test.add", "data": {"terms": [1, 2, 3, 4]}},
        {"method": "test.add", "data": {}},
        {"method": "test.add"},
        {"method": "test.wait", "data": None, "deadline_ms": 0},
        {"method": "test.wait", "data": None, "deadline_ms": 60_001},
        {"data": None},
    ],
)
async def test_a_call_that_does_not_fit_is_invalid_and_runs_nothing(
    rig: Rig, methods: Methods, command: dict[str, object]
) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        assert (await ada.ask("call", **command))["error"]["code"] == "invalid"

    assert methods.ended == []


@pytest.mark.parametrize(
    ("reason", "code", "retry"),
    [
        ("forbidden", "forbidden", False),
        ("unavailable", "unavailable", True),
        ("timeout", "internal", True),
        ("bug", "internal", True),
    ],
)
async def test_what_a_handler_fails_with_becomes_the_reply(
    rig: Rig, methods: Methods, reason: str, code: str, retry: bool
) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        error = (await ada.ask("call", method="test.refuse", data=reason))["error"]

    assert (error["code"], error["retry"]) == (code, retry)
    assert "10.0.0.1" not in error["message"]


async def test_a_call_past_its_deadline_is_cancelled_and_says_so(
    rig: Rig, methods: Methods
) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        error = (await ada.ask("call", method="test.wait", data=None, deadline_ms=30))["error"]

    assert (error["code"], error["retry"]) == ("deadline", True)
    assert methods.ended == ["cancelled"]


async def test_without_a_deadline_the_service_has_one() -> None:
    methods = Methods()
    async with running(call_deadline_seconds=0.03) as rig, rig.socket() as ada:
        rig.realtime.method("wait", methods.wait)
        await ada.hello()

        assert (await ada.ask("call", method="wait", data=None))["error"]["code"] == "deadline"


async def test_a_slow_call_holds_nothing_up(rig: Rig, methods: Methods) -> None:
    async with rig.socket() as ada:
        await ada.hello()
        await ada.send("call", method="test.wait", data=None)
        await until(lambda: methods.running == 1)

        reply = await ada.ask("call", method="test.add", data={"terms": [1]})

        assert reply["result"]["data"]["sum"] == 1


async def test_calls_end_with_their_socket(rig: Rig, methods: Methods) -> None:
    async with rig.socket() as ada:
        await ada.hello()
        await ada.send("call", method="test.wait", data=None, deadline_ms=60_000)
        await until(lambda: methods.running == 1)

        ada.connection.transport.abort()

        await until(lambda: methods.ended == ["cancelled"])


async def test_calls_end_when_we_close_the_socket(rig: Rig, methods: Methods) -> None:
    async with rig.socket() as ada:
        await ada.hello()
        await ada.send("call", method="test.wait", data=None, deadline_ms=60_000)
        await until(lambda: methods.running == 1)

        await rig.realtime.disconnect(user=rig.door.people["ada"].user_id)

        await until(lambda: methods.ended == ["cancelled"])
        assert await ada.closed() == 4401


async def test_only_a_few_calls_run_at_once() -> None:
    methods = Methods()
    async with running(calls_per_connection=2) as rig, rig.socket() as ada:
        rig.realtime.method("wait", methods.wait)
        await ada.hello()
        for _ in range(2):
            await ada.send("call", method="wait", data=None, deadline_ms=60_000)
        await until(lambda: methods.running == 2)

        error = (await ada.ask("call", method="wait", data=None))["error"]

        assert (error["code"], error["retry"], error["after_ms"]) == ("rate_limited", True, 1000)
        assert methods.running == 2
    await until(lambda: methods.running == 0)


async def test_a_result_that_fits_no_frame_is_too_large(rig: Rig, methods: Methods) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        reply = await ada.ask("call", method="test.much", data=300_000)

    assert reply["error"]["code"] == "too_large"


async def test_a_result_that_is_no_json_is_our_fault_and_logged(rig: Rig, methods: Methods) -> None:
    with structlog.testing.capture_logs() as logs:
        async with rig.socket() as ada:
            await ada.hello()

            reply = await ada.ask("call", method="test.odd", data=None)

    assert reply["error"]["code"] == "internal"
    assert [entry["event"] for entry in logs if "method" in entry] == ["realtime.call_failed"]
