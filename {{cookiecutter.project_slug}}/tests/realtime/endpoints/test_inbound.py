"""What a client may send, frame by frame, against a real server."""

import json

import pytest

from app.realtime.connections.limits import InboundLimits
from app.realtime.connections.limits import Rate
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.topics import Ephemeral
from app.realtime.topics import TopicNamespace
from tests.realtime.rig import Rig
from tests.realtime.rig import running


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"id":1}',
        '{"type":7,"id":1}',
        '{"type":"presence","topic":"room:7"}',
        '{"type":"subscribe","id":0,"topic":"room:7"}',
        '{"type":"subscribe","id":9007199254740992,"topic":"room:7"}',
        '{"type":"dance"}',
        '{"type":"signal","topic":7,"data":1}',
        "[" * 60_000,
    ],
)
async def test_a_line_that_is_no_frame_closes_the_socket(rig: Rig, text: str) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        await ada.connection.send(text)

        assert (await ada.receive())["type"] == "bye"
        assert await ada.closed() == CloseCode.BAD_FRAME


async def test_a_binary_frame_closes_the_socket(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        await ada.connection.send(b'{"type":"pong"}')

        assert await ada.closed() == CloseCode.BAD_FRAME


async def test_lines_before_a_bad_one_are_executed(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        await ada.connection.send('{"type":"unsubscribe","id":9,"topic":"room:7"}\nbad\n')

        assert (await ada.receive())["error"]["code"] == "not_subscribed"
        assert (await ada.receive())["code"] == 4400


async def test_blank_lines_and_carriage_returns_are_ignored(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.connection.send('\n\r\n{"type":"hello","id":1}\r\n\n{"type":"pong"}\r\n')

        assert (await ada.receive())["id"] == 1
        assert (await ada.ask("unsubscribe", topic="room:7"))["error"]


async def test_an_unknown_command_with_an_id_is_refused(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        reply = await ada.ask("dance")

    assert reply["error"]["code"] == "unknown_type"
    assert reply["error"]["retry"] is False


async def test_bad_fields_with_an_id_are_invalid(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        reply = await ada.ask("subscribe", topic=7)

    assert reply["error"]["code"] == "invalid"


async def test_unknown_fields_are_ignored(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        assert "result" in await ada.ask("subscribe", topic="room:7", colour="red")


async def test_another_first_command_than_hello_closes_the_socket(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.send("subscribe", topic="room:7")

        assert await ada.closed() == CloseCode.BAD_FRAME


async def test_a_hello_with_bad_fields_may_be_said_again(rig: Rig) -> None:
    async with rig.socket() as ada:
        assert (await ada.ask("hello", subscriptions=7))["error"]["code"] == "invalid"

        assert await ada.hello()


async def test_a_second_hello_is_invalid(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        assert (await ada.ask("hello"))["error"]["code"] == "invalid"


async def test_a_line_over_the_limit_closes_the_socket(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        await ada.send("dance", padding="x" * 65_536)

        assert (await ada.receive())["code"] == 1009
        assert await ada.closed() == CloseCode.TOO_BIG


async def test_a_frame_over_the_limit_closes_the_socket(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello()

        await ada.connection.send("\n" * (256 * 1024 + 1))

        assert await ada.closed() == CloseCode.TOO_BIG


async def test_too_many_commands_are_refused_with_a_time_to_wait() -> None:
    async with running(commands_per_second=1.0, commands_burst=2) as rig, rig.socket() as ada:
        await ada.hello()
        await ada.ask("unsubscribe", topic="room:7")

        error = (await ada.ask("unsubscribe", topic="room:7"))["error"]

    assert (error["code"], error["retry"]) == ("rate_limited", True)
    assert 0 < error["after_ms"] <= 1000


async def test_a_limited_signal_is_dropped_and_a_pong_is_free() -> None:
    async with (
        running(commands_per_second=0.01, commands_burst=2) as rig,
        rig.socket("ada") as ada,
        rig.socket("grace") as grace,
    ):
        await ada.hello({"topic": "room:7"})
        await grace.hello({"topic": "room:7"})

        await ada.connection.send(
            "\n".join(
                json.dumps({"type": kind, "topic": "room:7", "data": number})
                for number, kind in enumerate(["pong", "pong", "signal", "signal"])
            )
        )
        assert (await grace.receive())["data"] == 2
        await rig.publish("room:7", "last")
        assert (await grace.receive())["data"] == "last"


async def test_a_client_that_ignores_the_limit_is_closed() -> None:
    async with running(commands_per_second=0.01, commands_burst=1) as rig, rig.socket() as ada:
        await ada.hello()

        await ada.connection.send('{"type":"signal","topic":"room:7","data":1}\n' * 100)

        assert (await ada.receive())["code"] == 4529
        assert await ada.closed() == CloseCode.RATE_LIMITED


async def test_a_namespace_may_set_a_rate_of_its_own() -> None:
    async with running(commands_burst=5, commands_per_second=0.01) as rig, rig.socket() as ada:
        rig.realtime.declare(
            TopicNamespace(
                "telemetry",
                kind=Ephemeral(),
                authorise=rig.door.authorise,
                commands_per_second=0.01,
                commands_burst=2,
            )
        )
        await ada.hello()

        codes = [
            (await ada.ask("presence", topic=topic)).get("error", {}).get("code")
            for topic in ["telemetry:7"] * 3 + ["room:7"] * 5
        ]

    assert codes == ["invalid"] * 2 + ["rate_limited"] + [None] * 4 + ["rate_limited"]


async def test_a_kind_of_caller_may_have_limits_of_its_own(rig: Rig) -> None:
    few = Rate(per_second=0.01, burst=2)
    rig.realtime.hold_callers_to(
        "user", InboundLimits(commands=few, bytes=Rate(per_second=1e6, burst=1e6))
    )
    async with rig.socket() as ada:
        await ada.hello()

        codes = [
            (await ada.ask("presence", topic="room:7")).get("error", {}).get("code")
            for _ in range(3)
        ]

    assert codes == [None, None, "rate_limited"]


@pytest.mark.parametrize("line", [" " * 1_000 + "\n", '{"type":"pong","x":"%s"}\n' % ("x" * 1_000)])
async def test_what_is_free_of_the_rate_is_free_only_while_it_is_short(line: str) -> None:
    async with (
        running(inbound_bytes_burst=10_000, inbound_bytes_per_second=1.0) as rig,
        rig.socket() as ada,
    ):
        await ada.hello()

        for _ in range(120):
            await ada.connection.send(line)

        assert (await ada.receive())["code"] == 4529
        assert await ada.closed() == CloseCode.RATE_LIMITED


async def test_short_pongs_and_blank_lines_are_free() -> None:
    async with (
        running(inbound_bytes_burst=1_000, inbound_bytes_per_second=1.0) as rig,
        rig.socket() as ada,
    ):
        await ada.hello()

        for _ in range(300):
            await ada.connection.send('\n{"type":"pong"}\n\n')

        assert (await ada.ask("presence", topic="room:7"))["result"]
