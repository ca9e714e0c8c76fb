"""What becomes of a reader that does not keep up, by the policy of each namespace."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Position
from app.realtime.connections.backlog import Backlog
from app.realtime.connections.limits import InboundRate
from app.realtime.connections.outbound import Outbound
from app.realtime.connections.socket_connection import SocketConnection
from app.realtime.hub.hub import Hub
from app.realtime.hub.topic_log import Reading
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.topics import Ephemeral
from app.realtime.topics import Kind
from app.realtime.topics import Latest
from app.realtime.topics import OnSlow
from app.realtime.topics import TopicNamespace
from app.realtime.topics import Window
from app.settings import RealtimeSettings
from tests.realtime.clients import FakeWriter
from tests.realtime.rig import Door
from tests.realtime.rig import until

SETTINGS = RealtimeSettings.model_construct(outbound_max_messages=10)
MANY = 50


class Slow:
    """A hub with one topic and one client, which reads when a test lets it."""

    def __init__(self, kind: Kind, on_slow: OnSlow | None = None) -> None:
        self.due: list[Callable[[], None]] = []
        self.hub = Hub(SETTINGS, call_soon=self.due.append, wake=lambda: None)
        self.writer = FakeWriter()
        self.backlog = Backlog(SETTINGS, clock=lambda: 0.0)
        self.connection = SocketConnection(
            "c-1",
            Outbound(self.writer, self.backlog),
            {"client": None},
            now=0.0,
            ends_at=9e9,
            rate=InboundRate(SETTINGS, now=0.0),
        )
        namespace = TopicNamespace(
            "room", kind=kind, authorise=Door().authorise, on_slow=on_slow, signals=True
        )
        self.hub.attach(self.connection)
        topic = self.hub.begin(self.connection, "room:7", namespace)
        if topic.log is not None:
            topic.absorb(Reading(History(Position("e1", 0), ()), topic.log.suspicions))
        topic.go_live(self.connection)

    async def is_stuck(self) -> None:
        """Gives the client something that it does not read."""
        self.writer.is_stuck = True
        self.connection.tell("ping", b'{"type":"ping"}')
        await asyncio.sleep(0)

    def message(self, offset: int) -> None:
        """Announces a message, in a tick of its own."""
        self.hub.message("room:7", "e1", Entry(offset, b"%d" % offset))
        self.turn()

    def signal(self, value: int, *, sender: str | None = None, key: str | None = None) -> None:
        """Announces a signal, in a tick of its own."""
        self.hub.signal("room:7", b"%d" % value, sender=sender, key=key)
        self.turn()

    def turn(self) -> None:
        """Lets the hub fan out."""
        due, self.due[:] = self.due[:], []
        for run in due:
            run()

    async def read(self) -> list[dict[str, Any]]:
        """Lets the client read; returns the frames after the first."""
        self.writer.is_stuck = False
        await until(lambda: not self.connection.outbound.is_busy)
        lines = [line for data in self.writer.written for line in data.split(b"\n")]
        return [json.loads(line) for line in lines][1:]


async def test_a_slow_reader_of_a_window_is_closed_and_loses_nothing_silently() -> None:
    slow = Slow(Window())
    await slow.is_stuck()

    for offset in range(1, MANY + 1):
        slow.message(offset)

    assert slow.connection.outbound.closing is CloseCode.SLOW
    slow.connection.outbound.stop()


async def test_a_slow_reader_of_a_latest_topic_gets_only_the_newest_value() -> None:
    slow = Slow(Latest())
    await slow.is_stuck()

    for offset in range(1, MANY + 1):
        slow.message(offset)

    assert [frame["offset"] for frame in await slow.read()] == [MANY]
    assert slow.backlog.queued_bytes == 0


async def test_with_the_policy_off_a_latest_topic_closes_its_slow_readers() -> None:
    slow = Slow(Latest(), "disconnect")
    await slow.is_stuck()

    for offset in range(1, MANY + 1):
        slow.message(offset)

    assert slow.connection.outbound.closing is CloseCode.SLOW
    slow.connection.outbound.stop()


async def test_a_quick_reader_of_a_latest_topic_gets_every_value() -> None:
    slow = Slow(Latest())

    for offset in range(1, 6):
        slow.message(offset)
        await until(lambda: not slow.connection.outbound.is_busy)

    assert [frame["offset"] for frame in await slow.read()] == [2, 3, 4, 5]


@pytest.mark.parametrize("on_slow", [None, "drop_oldest"], ids=str)
async def test_a_slow_reader_of_an_ephemeral_topic_is_told_what_it_lost(
    on_slow: OnSlow | None,
) -> None:
    slow = Slow(Ephemeral(), on_slow)
    await slow.is_stuck()

    for value in range(1, MANY + 1):
        slow.signal(value)

    gap, *rest = await slow.read()
    assert (gap["type"], gap["reason"]) == ("gap", "overflow")
    assert 0 < len(rest) <= SETTINGS.outbound_max_messages
    assert [frame["data"] for frame in rest] == list(range(MANY - len(rest) + 1, MANY + 1))


async def test_an_ephemeral_topic_may_keep_the_newest_only() -> None:
    slow = Slow(Ephemeral(), "latest")
    await slow.is_stuck()

    for value in range(1, MANY + 1):
        slow.signal(value)

    assert [frame["data"] for frame in await slow.read()] == [MANY]


async def test_a_window_may_drop_when_that_is_told() -> None:
    slow = Slow(Window(), "drop_oldest")
    await slow.is_stuck()

    for offset in range(1, MANY + 1):
        slow.message(offset)

    gap, *rest = await slow.read()
    assert (gap["type"], gap["reason"], gap["epoch"]) == ("gap", "overflow", "e1")
    offsets = [gap["offset"], *(frame["offset"] for frame in rest)]
    assert offsets == list(range(gap["offset"], MANY + 1))


async def test_signals_of_one_key_do_not_pile_up_for_a_slow_reader() -> None:
    slow = Slow(Window())
    await slow.is_stuck()

    for value in range(1, MANY + 1):
        slow.signal(value, sender="c-2", key="typing")
        slow.signal(-value, sender="c-3", key="typing")

    assert slow.connection.outbound.closing is None
    assert [frame["data"] for frame in await slow.read()] == [MANY, -MANY]


async def test_signals_without_a_key_do_pile_up() -> None:
    slow = Slow(Window())
    await slow.is_stuck()

    for value in range(1, MANY + 1):
        slow.signal(value, sender="c-2")

    assert slow.connection.outbound.closing is CloseCode.SLOW
    slow.connection.outbound.stop()


async def test_a_message_keeps_its_place_between_the_signals_around_it() -> None:
    slow = Slow(Window())
    await slow.is_stuck()

    slow.signal(1, sender="c-2", key="typing")
    slow.message(1)
    slow.signal(0, sender="c-2", key="typing")

    message, signal = await slow.read()
    assert message["offset"] == 1
    assert signal["data"] == 0
