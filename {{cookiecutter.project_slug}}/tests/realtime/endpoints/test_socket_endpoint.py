"""One WebSocket against a real server, from the handshake to the end."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.realtime.protocol.close_codes import CloseCode
from app.realtime.protocol.messages import SUBPROTOCOL
from tests.realtime.rig import ORIGIN
from tests.realtime.rig import Rig
from tests.realtime.rig import running
from tests.realtime.rig import until
from tests.sockets import connect


async def test_a_subscriber_hears_what_is_published(rig: Rig) -> None:
    async with rig.socket() as ada:
        result = await ada.hello({"topic": "room:7"})

        await rig.publish("room:7", {"body": "hi"}, {"body": "there"})

        assert result["subscriptions"] == [
            {"topic": "room:7", "epoch": "e1", "offset": 0, "messages": []}
        ]
        assert await ada.receive() == {
            "type": "message",
            "topic": "room:7",
            "offset": 1,
            "data": {"body": "hi"},
        }
        assert (await ada.receive())["offset"] == 2


async def test_hello_is_answered_with_what_holds_here(rig: Rig) -> None:
    async with rig.socket() as ada:
        result = await ada.hello()

    assert result.pop("connection").startswith("c-")
    assert result == {
        "ping_ms": 20_000,
        "pong_ms": 10_000,
        "retry_window_ms": 5_000,
        "max_bytes": 65_536,
        "subscriptions": [],
    }


async def test_a_socket_that_was_cut_gets_what_it_missed(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"})
        await rig.publish("room:7", 1)
        seen = await ada.receive()
        ada.connection.transport.abort()
    await rig.publish("room:7", 2, 3)

    async with rig.socket() as ada:
        since = {"epoch": "e1", "offset": seen["offset"]}
        result = await ada.hello({"topic": "room:7", "since": since})
        await rig.publish("room:7", 4)
        live = await ada.receive()

    assert result["subscriptions"] == [
        {
            "topic": "room:7",
            "epoch": "e1",
            "offset": 3,
            "recovered": True,
            "messages": [{"offset": 2, "data": 2}, {"offset": 3, "data": 3}],
        }
    ]
    assert live["offset"] == 4


async def test_all_lines_of_a_topic_and_tick_come_in_one_frame_that_its_subscribers_share(
    rig: Rig,
) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7"}, {"topic": "room:8"})

        await asyncio.gather(rig.publish("room:7", 1, 2), rig.publish("room:8", 3))

        texts = [str(await ada.connection.recv()) for _ in range(2)]
    assert [[json.loads(line)["data"] for line in text.split("\n")] for text in texts] == [
        [1, 2],
        [3],
    ]


async def test_all_lines_of_one_tick_come_in_one_frame_where_the_server_frames() -> None:
    async with running(preframed_writes=False) as rig, rig.socket() as ada:
        await ada.hello({"topic": "room:7"}, {"topic": "room:8"})

        await asyncio.gather(rig.publish("room:7", 1, 2), rig.publish("room:8", 3))

        text = str(await ada.connection.recv())
    assert [json.loads(line)["data"] for line in text.split("\n")] == [1, 2, 3]


async def _refused(rig: Rig, **options: Any) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(rig.socket_url, **options):
            pass
    return refused.value


async def test_a_page_of_another_site_is_refused(rig: Rig) -> None:
    refused = await _refused(
        rig, origin=Origin("http://evil.test"), subprotocols=[Subprotocol(SUBPROTOCOL)]
    )

    assert refused.response.status_code == 403
    assert b"/problems/forbidden" in refused.response.body


async def test_a_client_without_our_subprotocol_is_refused(rig: Rig) -> None:
    refused = await _refused(rig, origin=Origin(ORIGIN))

    assert refused.response.status_code == 400


async def test_a_full_process_refuses_with_a_time_to_come_back() -> None:
    async with running(connections_per_process=0) as rig:
        refused = await _refused(
            rig, origin=Origin(ORIGIN), subprotocols=[Subprotocol(SUBPROTOCOL)]
        )

    assert refused.response.status_code == 503
    assert refused.response.headers["retry-after"] == "5"


async def test_a_socket_without_a_session_is_told_so_and_closed(rig: Rig) -> None:
    async with rig.socket("nobody") as stranger:
        await stranger.send("hello")

        assert await stranger.receive() == {
            "type": "bye",
            "code": 4401,
            "reason": "no session",
            "retry": False,
        }
        assert await stranger.closed() == CloseCode.UNAUTHENTICATED


async def test_with_the_sessions_away_a_socket_is_asked_to_come_back(rig: Rig) -> None:
    rig.door.is_away = True
    async with rig.socket() as ada:
        await ada.send("hello")

        bye = await ada.receive()
        assert (bye["code"], bye["retry"], bye["after_ms"]) == (4503, True, 1000)
        assert await ada.closed() == CloseCode.OVERLOADED


async def test_one_connection_too_many_of_a_user_is_closed() -> None:
    async with (
        running(connections_per_user=1) as rig,
        rig.socket() as first,
        rig.socket() as second,
        rig.socket("grace") as other,
    ):
        await first.hello()
        await second.send("hello")
        await other.hello()

        assert (await second.receive())["code"] == 4503
        assert await second.closed() == CloseCode.OVERLOADED


async def test_a_socket_that_never_says_hello_is_closed() -> None:
    async with running(hello_deadline_seconds=0.1) as rig, rig.socket() as ada:
        assert (await ada.receive())["code"] == 4401
        assert await ada.closed() == CloseCode.UNAUTHENTICATED


async def test_a_silent_socket_is_pinged_and_closed_without_a_sign_of_life() -> None:
    async with running(ping_seconds=0.5, pong_seconds=0.1) as rig, rig.socket() as ada:
        await ada.hello({"topic": "room:7", "presence": True})

        assert await ada.receive() == {"type": "ping"}
        assert (await ada.receive())["code"] == 4510
        assert await ada.closed() == CloseCode.NO_PONG
        await until(lambda: rig.presence.lingers)
        assert rig.presence.lingers == [0.0], "whoever was silent for so long does not linger"


async def test_a_pong_keeps_a_socket_open() -> None:
    async with running(ping_seconds=0.5, pong_seconds=10.0) as rig, rig.socket() as ada:
        await ada.hello()
        for _ in range(2):
            assert await ada.receive() == {"type": "ping"}
            await ada.connection.send('{"type":"pong"}')

        await ada.send("presence", topic="room:7")
        while (frame := await ada.receive()) == {"type": "ping"}:  # another half second was over
            pass
        assert frame["result"]["members"] == []


async def test_an_old_socket_is_asked_to_connect_anew() -> None:
    async with running(socket_age_seconds=2.0) as rig, rig.socket() as ada:
        await ada.hello()

        bye = await ada.receive()

        assert (bye["code"], bye["reason"], bye["retry"]) == (1012, "maximum age", True)
        assert await ada.closed() == CloseCode.RESTART


async def test_a_slow_client_is_closed_and_the_others_keep_receiving() -> None:
    async with (
        running(outbound_max_bytes=65_536) as rig,
        rig.socket("ada") as quick,
        rig.socket("grace", max_queue=1) as slow,
    ):
        await quick.hello({"topic": "room:7"})
        await slow.hello({"topic": "room:7"})
        slow.connection.transport.pause_reading()

        offsets = []
        while rig.realtime.connections == 2:
            await rig.publish("room:7", "x" * 16_000)
            offsets.append((await quick.receive())["offset"])

        slow.connection.transport.abort()
        assert offsets == list(range(1, len(offsets) + 1))
        await rig.publish("room:7", "still here")
        assert (await quick.receive())["data"] == "still here"


async def test_a_client_that_is_slow_and_then_reads_again_learns_why() -> None:
    async with running(outbound_max_bytes=65_536) as rig, rig.socket(max_queue=1) as slow:
        await slow.hello({"topic": "room:7"})
        slow.connection.transport.pause_reading()
        connection = next(iter(rig.realtime._core.hub.connections.values()))

        while not connection.is_closing:
            await rig.publish("room:7", "x" * 16_000)
            await asyncio.sleep(0)
        slow.connection.transport.resume_reading()
        kinds = set()
        with suppress(ConnectionClosedError):
            while True:
                kinds.add((await slow.receive())["type"])

        assert await slow.closed() == CloseCode.SLOW
        assert kinds == {"message"}


async def test_a_draining_process_announces_it_and_closes_everybody_with_1012() -> None:
    async with running() as rig, rig.socket("ada") as ada, rig.socket("grace") as grace:
        await ada.hello()
        await grace.hello()

        await rig.realtime.drain(window_seconds=0.1, deadline_seconds=60)

        assert await ada.receive() == {"type": "drain", "after_ms": 0, "window_ms": 100}
        assert (await ada.receive())["code"] == 1012
        assert await ada.closed() == CloseCode.RESTART
        assert await grace.closed() == CloseCode.RESTART
        assert rig.realtime.connections == 0
        refused = await _refused(
            rig, origin=Origin(ORIGIN), subprotocols=[Subprotocol(SUBPROTOCOL)]
        )
        assert refused.response.status_code == 503


async def test_nothing_is_left_of_a_socket_that_went_away(rig: Rig) -> None:
    async with rig.socket() as ada:
        await ada.hello({"topic": "room:7", "presence": True})
        core = rig.realtime._core
        assert core.hub.topics["room:7"].subscribers

    await until(lambda: not core.hub.connections)
    assert "room:7" not in core.hub.topics
    assert "room:7" not in rig.backplane.subscribed
    assert core.admission.connections == 0
    assert not core.backlog.waiting
    assert core.backlog.queued_bytes == 0
    await until(lambda: not rig.presence.members["room:7"])


async def test_a_crash_of_ours_closes_the_socket_with_1011() -> None:
    async with running() as rig:
        events = [
            {"type": "websocket.connect"},
            {"type": "websocket.receive", "text": 7},
            {"type": "websocket.receive", "text": "too late to matter"},
        ]
        sent: list[Any] = []
        answered = asyncio.Event()

        async def receive() -> Any:
            if events:
                return events.pop(0)
            await answered.wait()
            return {"type": "websocket.disconnect", "code": 1011}

        async def send(event: Any) -> None:
            sent.append(event)
            if event["type"] == "websocket.close":
                answered.set()

        scope = {
            "type": "websocket",
            "path": "/realtime/socket",
            "headers": [],
            "subprotocols": [SUBPROTOCOL],
        }
        async with asyncio.timeout(60):
            await rig.realtime.endpoint(receive)(scope, receive, send)  # type: ignore[arg-type]

    assert [event["type"] for event in sent] == [
        "websocket.accept",
        "websocket.send",
        "websocket.close",
    ]
    assert sent[-1]["code"] == CloseCode.INTERNAL
