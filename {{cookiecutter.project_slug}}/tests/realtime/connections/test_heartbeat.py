"""Signs of life and ages, with the time passed in."""

import asyncio
import json

import pytest

from app.realtime.connections.backlog import Backlog
from app.realtime.connections.connection import Connection
from app.realtime.connections.heartbeat import Heartbeat
from app.realtime.connections.limits import InboundRate
from app.realtime.connections.outbound import Outbound
from app.realtime.connections.socket_connection import SocketConnection
from app.realtime.connections.stream_connection import StreamConnection
from app.realtime.protocol.close_codes import CloseCode
from app.settings import RealtimeSettings
from tests.realtime.clients import FakeWriter
from tests.realtime.rig import until

SETTINGS = RealtimeSettings.model_construct()


class Watched:
    """A heartbeat that watches one connection from 0 on, and beats four times a second."""

    def __init__(self, kind: type[Connection] = SocketConnection, *, ends_at: float = 9e9) -> None:
        self.now = 0.0
        self.checked: list[float] = []
        self.writer = FakeWriter()
        backlog = Backlog(SETTINGS, clock=lambda: self.now)
        outbound = Outbound(self.writer, backlog)
        self.connection: Connection
        if kind is SocketConnection:
            rate = InboundRate(SETTINGS, now=0.0)
            self.connection = SocketConnection(
                "c-1", outbound, {}, now=0.0, ends_at=ends_at, rate=rate
            )
        else:
            self.connection = StreamConnection(
                "s-1", outbound, {}, now=0.0, ends_at=ends_at, topics=["room:7"]
            )
        self.heartbeat = Heartbeat(
            SETTINGS, backlog, now=0.0, check=lambda _: self.checked.append(self.now)
        )
        self.heartbeat.watch(self.connection)

    async def run_to(self, moment: float) -> None:
        """Lets the time pass."""
        while self.now < moment:
            await asyncio.sleep(0)  # what was put is written at the end of the tick
            self.now += 0.25
            self.heartbeat.beat(self.now)
            if not self.writer.is_stuck:
                await until(lambda: not self.connection.outbound.is_busy)

    def hear(self) -> None:
        assert isinstance(self.connection, SocketConnection)
        self.connection.heard(self.now)

    @property
    def kinds(self) -> list[str]:
        return [json.loads(line)["type"] for line in self.writer.written]


@pytest.fixture
def socket() -> Watched:
    watched = Watched()
    watched.connection.is_greeted = True
    return watched


async def test_a_newcomer_has_ten_seconds_to_say_hello() -> None:
    watched = Watched()

    await watched.run_to(9.75)
    assert not watched.connection.is_closing

    await watched.run_to(10.5)
    assert watched.writer.closed is CloseCode.UNAUTHENTICATED


async def test_who_reads_on_through_a_poor_line_has_not_come_to_the_ping_yet(
    socket: Watched,
) -> None:
    socket.writer.left = 120_000
    await socket.run_to(29.75)
    socket.writer.left = 60_000
    await socket.run_to(39.75)
    assert not socket.connection.is_closing

    socket.writer.left = 59_000  # no more than a sip
    await socket.run_to(41.0)

    assert socket.writer.closed is CloseCode.NO_PONG


async def test_a_newcomer_is_left_alone_until_then() -> None:
    watched = Watched()

    watched.connection.examine(1.0, SETTINGS)

    assert not watched.connection.is_closing


async def test_one_that_is_forgotten_is_looked_at_no_more(socket: Watched) -> None:
    socket.heartbeat.forget(socket.connection)

    await socket.run_to(60.0)
    assert socket.kinds == []
    assert socket.checked == []


async def test_silence_is_asked_after_and_then_ended(socket: Watched) -> None:
    await socket.run_to(19.75)
    assert socket.kinds == []
    await socket.run_to(20.5)
    assert socket.kinds == ["ping"]
    await socket.run_to(29.75)
    assert not socket.connection.is_closing

    await socket.run_to(31.0)

    assert socket.writer.closed is CloseCode.NO_PONG


async def test_any_frame_is_a_sign_of_life(socket: Watched) -> None:
    for moment in (15.0, 30.0, 45.0):
        await socket.run_to(moment)
        socket.hear()

    assert socket.kinds == []
    await socket.run_to(65.5)
    assert socket.kinds == ["ping"]


async def test_an_answered_ping_is_followed_by_the_next_after_the_same_silence(
    socket: Watched,
) -> None:
    await socket.run_to(21.0)
    socket.hear()

    await socket.run_to(40.5)
    assert socket.kinds == ["ping"]

    await socket.run_to(41.5)
    assert socket.kinds == ["ping", "ping"]


async def test_with_bytes_queued_silence_proves_nothing(socket: Watched) -> None:
    await socket.run_to(15.0)
    socket.writer.is_stuck = True
    socket.connection.tell("status", b"{}")

    await socket.run_to(24.0)

    assert not socket.connection.is_closing
    await socket.run_to(25.25)
    assert socket.connection.outbound.closing is CloseCode.SLOW
    socket.connection.outbound.stop()


async def test_our_own_stall_is_not_the_clients(socket: Watched) -> None:
    await socket.run_to(20.5)
    assert socket.kinds == ["ping"]
    socket.now = 40.0
    socket.heartbeat.beat(40.0)

    assert not socket.connection.is_closing
    await socket.run_to(49.5)
    assert not socket.connection.is_closing
    await socket.run_to(51.0)
    assert socket.writer.closed is CloseCode.NO_PONG


async def test_a_stall_forgives_nobody_who_was_not_asked(socket: Watched) -> None:
    socket.now = 20.5
    socket.heartbeat.beat(20.5)
    await until(lambda: not socket.connection.outbound.is_busy)

    assert socket.kinds == ["ping"]


@pytest.mark.parametrize("kind", [SocketConnection, StreamConnection])
async def test_an_old_connection_ends(kind: type[Connection]) -> None:
    watched = Watched(kind, ends_at=5.0)
    watched.connection.is_greeted = True

    await watched.run_to(4.75)
    assert not watched.connection.is_closing

    await watched.run_to(5.5)
    assert watched.writer.closed is CloseCode.RESTART


async def test_a_quiet_stream_gets_a_comment_every_fifteen_seconds() -> None:
    watched = Watched(StreamConnection)
    watched.connection.is_greeted = True

    await watched.run_to(31.0)

    assert watched.writer.written == [b": \n\n", b": \n\n"]


async def test_a_stream_that_is_busy_needs_no_comment() -> None:
    watched = Watched(StreamConnection)
    watched.connection.is_greeted = True
    watched.now = 14.0
    watched.writer.is_stuck = True
    watched.connection.tell("status", b"{}")

    watched.heartbeat.beat(15.5)

    watched.writer.is_stuck = False
    await until(lambda: not watched.connection.outbound.is_busy)
    assert len(watched.writer.written) == 1


async def test_the_session_is_looked_at_every_minute(socket: Watched) -> None:
    for moment in range(10, 140, 10):
        await socket.run_to(float(moment))
        socket.hear()

    assert [round(moment) for moment in socket.checked] == [60, 120]


async def test_while_a_command_runs_the_silence_of_the_client_proves_nothing(
    socket: Watched,
) -> None:
    assert isinstance(socket.connection, SocketConnection)
    await socket.run_to(21.0)
    assert socket.kinds == ["ping"]

    socket.connection.is_working = True
    await socket.run_to(45.0)
    assert not socket.connection.is_closing

    socket.connection.is_working = False
    await socket.run_to(90.0)
    assert socket.connection.outbound.closing is CloseCode.NO_PONG
