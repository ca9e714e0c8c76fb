"""Each metric moves when its event happens: a real server, real clients, real faults."""

import asyncio
import contextlib
import re

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin
from websockets.typing import Subprotocol

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.metrics import Meters
from app.realtime.protocol.messages import SUBPROTOCOL
from tests.documents import ROOT
from tests.realtime.meters import value
from tests.realtime.rig import ORIGIN
from tests.realtime.rig import Rig
from tests.realtime.rig import running
from tests.realtime.rig import until
from tests.sockets import connect


def meters(rig: Rig) -> Meters:
    return rig.realtime.meters


async def test_connections_are_counted_by_transport(rig: Rig) -> None:
    async with rig.socket() as socket, rig.stream("room:7") as stream:
        await socket.hello({"topic": "room:7"}, {"topic": "room:8"})
        await stream.receive()

        assert value(meters(rig), "connections", transport="socket") == 1
        assert value(meters(rig), "connections", transport="stream") == 1
        assert value(meters(rig), "subscriptions") == 3
        # room:7, room:8 and the orders to every process
        assert value(meters(rig), "topics") == 3

    await until(lambda: value(meters(rig), "connections", transport="socket") == 0)
    await until(lambda: value(meters(rig), "connections", transport="stream") == 0)
    assert value(meters(rig), "subscriptions") == 0


async def test_what_comes_in_and_goes_out_is_counted(rig: Rig) -> None:
    async with rig.socket() as socket:
        await socket.hello({"topic": "room:7"})
        before = value(meters(rig), "bytes_out_total")
        await rig.publish("room:7", "one")
        await socket.receive()

        await until(lambda: value(meters(rig), "messages_out_total") == 2)
        assert value(meters(rig), "messages_in_total") == 1
        assert value(meters(rig), "bytes_out_total") - before == len(
            '{"type":"message","topic":"room:7","offset":1,"data":"one"}'
        )


async def test_a_publish_is_measured_on_its_way_out_and_back(rig: Rig) -> None:
    async with rig.socket() as socket:
        await socket.hello({"topic": "room:7"})
        fan_outs = value(meters(rig), "fan_out_seconds_count")
        await rig.publish("room:7", 1)
        await rig.publish("room:unheard", 1)
        await socket.receive()

    assert value(meters(rig), "publish_seconds_count") == 2
    assert value(meters(rig), "backplane_lag_seconds_count") == 1
    assert value(meters(rig), "fan_out_seconds_count") > fan_outs


async def test_a_publish_that_fails_is_counted(rig: Rig) -> None:
    rig.backplane.set_away(True)

    with pytest.raises(BackplaneUnavailable):
        await rig.publish("room:7", 1)

    assert value(meters(rig), "publish_failures_total") == 1
    assert value(meters(rig), "publish_seconds_count") == 0
    assert value(meters(rig), "degraded") == 1


async def test_resumes_are_counted_by_what_came_of_them(rig: Rig) -> None:
    await rig.publish("room:7", 1, 2)
    for epoch in ("e1", "another"):
        async with rig.socket() as socket:
            await socket.hello({"topic": "room:7", "since": {"epoch": epoch, "offset": 1}})

    assert value(meters(rig), "resumes_total", result="recovered", reason="none") == 1
    assert value(meters(rig), "resumes_total", result="lost", reason="epoch") == 1


async def test_a_hole_is_caught_up_and_a_gap_is_told(rig: Rig) -> None:
    async with rig.socket() as socket:
        await socket.hello({"topic": "room:7"})
        rig.backplane.is_mute = True
        await rig.publish("room:7", 1)
        rig.backplane.is_mute = False
        await rig.publish("room:7", 2)
        assert [(await socket.receive())["offset"] for _ in range(2)] == [1, 2]
        assert value(meters(rig), "catch_ups_total") == 1
        assert value(meters(rig), "gaps_total", reason="epoch") == 0

        rig.backplane.forget_everything("e2")
        await rig.publish("room:7", 3)
        assert (await socket.receive())["type"] == "gap"

    assert value(meters(rig), "gaps_total", reason="epoch") == 1


async def test_closes_are_counted_by_code_and_whoever_began_them(rig: Rig) -> None:
    async with rig.socket() as socket:
        await socket.connection.send("no frame")
        assert await socket.closed() == 4400
    async with rig.socket() as socket, rig.stream("room:7") as stream:
        await socket.hello()
        await stream.receive()

    await until(lambda: value(meters(rig), "closes_total", code="client") == 2)
    assert value(meters(rig), "closes_total", code="4400") == 1


async def test_a_client_that_does_not_read_is_counted_and_so_is_what_waits() -> None:
    async with running(outbound_max_messages=50) as rig, rig.socket() as slow:
        await slow.hello({"topic": "room:7"})
        slow.connection.transport.pause_reading()
        big = "x" * 16_000
        seen_bytes = 0.0
        while not value(meters(rig), "slow_disconnects_total"):
            await rig.publish("room:7", *[big] * 20)
            await asyncio.sleep(0)
            seen_bytes = max(seen_bytes, value(meters(rig), "queue_bytes"))

        slow.connection.transport.resume_reading()
        assert seen_bytes > 0
        assert value(meters(rig), "closes_total", code="4508") == 1


async def test_messages_that_a_slow_client_is_not_sent_are_counted() -> None:
    async with running(outbound_max_messages=50) as rig, rig.socket() as slow:
        await slow.hello({"topic": "figures:cpu"})
        slow.connection.transport.pause_reading()
        while not value(meters(rig), "drops_total", policy="drop_oldest"):
            await rig.publish("figures:cpu", *["x" * 16_000] * 20)
            await asyncio.sleep(0)

        slow.connection.transport.resume_reading()
        assert value(meters(rig), "slow_disconnects_total") == 0


async def test_callers_that_are_not_let_in_are_counted_by_reason() -> None:
    async with running(connections_per_process=1) as rig:
        with contextlib.suppress(InvalidStatus):
            await connect(
                rig.socket_url,
                origin=Origin("http://elsewhere.test"),
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers={"Cookie": "session=ada"},
            )
        with contextlib.suppress(InvalidStatus):
            await connect(rig.socket_url, origin=Origin(ORIGIN))
        async with rig.socket("nobody") as socket:
            await socket.send("hello")
            assert await socket.closed() == 4401
        await until(lambda: rig.realtime.connections == 0)
        async with rig.stream() as stream:
            await stream.ended()
        async with rig.socket() as first:
            await first.hello()
            with pytest.raises(InvalidStatus):
                async with rig.socket():
                    pass

        assert value(meters(rig), "refused_handshakes_total", reason="origin") == 1
        assert value(meters(rig), "refused_handshakes_total", reason="subprotocol") == 1
        assert value(meters(rig), "refused_handshakes_total", reason="unauthenticated") == 1
        assert value(meters(rig), "refused_handshakes_total", reason="topics") == 1
        assert value(meters(rig), "refused_handshakes_total", reason="process") == 1


async def test_commands_over_http_that_are_not_looked_at_are_counted_by_reason(rig: Rig) -> None:
    signal = b'{"type":"signal","id":1,"topic":"room:7","data":1}'
    known = {"cookie": "session=ada", "origin": ORIGIN, "content-type": "application/json"}
    bad = [
        known | {"origin": "http://elsewhere.test"},
        known | {"content-type": "text/plain"},
        known | {"cookie": "session=nobody"},
    ]

    async with httpx.AsyncClient(timeout=60) as client:
        address = f"http://127.0.0.1:{rig.port}/realtime/commands"
        codes = [
            (await client.post(address, content=signal, headers=headers)).status_code
            for headers in [known, *bad]
        ]
        codes.append((await client.post(address, content=b"[]", headers=known)).status_code)

    assert codes == [204, 403, 415, 401, 400]
    for reason in ("origin", "media_type", "unauthenticated", "bad_frame"):
        assert value(meters(rig), "refused_commands_total", reason=reason) == 1


async def test_the_way_of_a_ping_and_back_is_measured() -> None:
    async with running(ping_seconds=0.3, pong_seconds=60.0) as rig, rig.socket() as socket:
        await socket.hello()
        assert (await socket.receive())["type"] == "ping"
        await socket.connection.send('{"type":"pong"}')

        await until(lambda: value(meters(rig), "ping_seconds_count") >= 1)


async def test_a_loop_that_is_held_up_shows_it(rig: Rig) -> None:
    await until(lambda: value(meters(rig), "loop_lag_seconds_count") >= 1)


async def test_presence_is_counted_while_it_lasts(rig: Rig) -> None:
    async with rig.socket() as socket:
        await socket.hello({"topic": "room:7", "presence": True})

        assert value(meters(rig), "presence_members") == 1
    await until(lambda: value(meters(rig), "presence_members") == 0)


async def test_a_drain_shows_how_many_are_left(rig: Rig) -> None:
    async with rig.socket() as one, rig.socket() as two:
        await one.hello()
        await two.hello()
        assert value(meters(rig), "drain_remaining") == 0

        drain = asyncio.ensure_future(rig.realtime.drain(window_seconds=1, deadline_seconds=60))
        await one.receive()
        assert value(meters(rig), "drain_remaining") == 2
        await drain

    assert value(meters(rig), "drain_remaining") == 0
    assert value(meters(rig), "closes_total", code="1012") == 2


def test_the_catalogue_and_the_registry_name_the_same_metrics() -> None:
    registered = {
        family.name + ("_total" if family.type == "counter" else ""): family.type
        for family in Meters().registry.collect()
    }
    page = (ROOT / "docs/metrics.md").read_text()
    rows = re.findall(r"^\| `(realtime_\w+)` \| (\w+) \|", page, re.MULTILINE)

    assert len(registered) > 20
    assert dict(rows) == registered
    assert len(rows) == len(registered)
