"""The short way of a message to a socket that keeps up, and when it is not taken."""

import asyncio
from collections.abc import Callable

import pytest

from app.realtime.connections.backlog import Backlog
from app.realtime.connections.limits import InboundRate
from app.realtime.connections.outbound import Outbound
from app.realtime.connections.socket_connection import SocketConnection
from app.realtime.hub.hub import Hub
from app.realtime.metrics import Meters
from app.realtime.presence_store import Diff
from app.realtime.protocol.close_codes import CloseCode
from app.realtime.topics import Ephemeral
from app.realtime.topics import TopicNamespace
from app.settings import RealtimeSettings
from tests.realtime.clients import FakeWriter
from tests.realtime.rig import Door
from tests.realtime.rig import until

SETTINGS = RealtimeSettings.model_construct(outbound_max_messages=3)
ROOM = TopicNamespace(
    "room", kind=Ephemeral(), authorise=Door().authorise, on_slow="disconnect", signals=True
)


class Path:
    """A transport that keeps frames; ``is_full`` makes the next write one to wait for."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.is_free = True
        self.is_full = False
        self.failure: Exception | None = None
        self.drained = asyncio.Event()

    def write(self, data: bytes) -> bool:
        if self.failure is not None:
            raise self.failure
        self.frames.append(data)
        return self.is_full

    async def drain(self) -> None:
        await self.drained.wait()


class Room:
    """One topic with sockets whose short and long ways can be told apart."""

    def __init__(self, *names: str) -> None:
        self.due: list[Callable[[], None]] = []
        self.meters = Meters()
        self.hub = Hub(SETTINGS, call_soon=self.due.append, wake=lambda: None, meters=self.meters)
        self.backlog = Backlog(SETTINGS, clock=lambda: 0.0, meters=self.meters)
        self.paths: dict[str, Path] = {}
        self.writers: dict[str, FakeWriter] = {}
        self.sockets: dict[str, SocketConnection] = {}
        for name in names:
            self.enter(name)

    def enter(self, name: str) -> None:
        """Adds a socket; what does not go straight to its path goes to its writer."""
        path, writer = Path(), FakeWriter(joins=False)
        writer.path = path
        socket = SocketConnection(
            name,
            Outbound(writer, self.backlog),
            {"client": None},
            now=0.0,
            ends_at=9e9,
            rate=InboundRate(SETTINGS, now=0.0),
        )
        self.paths[name], self.writers[name], self.sockets[name] = path, writer, socket
        self.hub.attach(socket)
        self.hub.begin(socket, "room:7", ROOM).go_live(socket)

    def say(self, *texts: bytes, sender: str | None = None) -> None:
        """Signals in one tick of the loop."""
        for text in texts:
            self.hub.signal("room:7", text, sender=sender, key=None)

    def turn(self) -> None:
        """Lets the hub fan out."""
        due, self.due[:] = self.due[:], []
        for run in due:
            run()

    def counts(self, name: str) -> tuple[int, int]:
        """Returns what went the short way and what the long one."""
        return len(self.paths[name].frames), len(self.writers[name].written)


def test_sockets_that_keep_up_share_one_frame_for_all_of_a_tick() -> None:
    room = Room("a", "b")

    room.say(b"1", b"2")
    room.turn()

    [one], [other] = room.paths["a"].frames, room.paths["b"].frames
    assert one is other
    assert one.count(b'"topic":"room:7"') == 2
    assert [writer.written for writer in room.writers.values()] == [[], []]


def test_what_went_the_short_way_is_counted_as_on_the_long_one() -> None:
    short, long = Room("a", "b"), Room("a", "b")
    for path in long.paths.values():
        path.is_free = False

    for room in (short, long):
        room.say(b"1", b"2", b"3")
        room.turn()

    assert short.counts("a") == (1, 0)
    assert long.counts("a") == (0, 1)
    assert short.meters.messages_out == long.meters.messages_out == 6
    assert short.meters.bytes_out == long.meters.bytes_out > 0


def test_a_sender_and_one_who_came_in_the_same_tick_go_the_long_way() -> None:
    room = Room("a", "b")

    room.say(b"1", sender="a")
    room.enter("late")
    room.say(b"2")
    room.turn()

    assert room.counts("b") == (1, 0)
    assert [line.count(b"data") for line in room.writers["a"].written] == [1]
    assert b'"data":2' in room.writers["a"].written[0]
    assert b'"data":1' not in room.writers["late"].written[0]
    assert (room.counts("a"), room.counts("late")) == ((0, 1), (0, 1))


def test_presence_goes_the_long_way_for_not_everybody_watches_it() -> None:
    room = Room("a")

    room.say(b"1")
    room.hub.presence("room:7", Diff(version=1, joined=(), left=(), count=0))
    room.turn()

    assert room.counts("a") == (0, 1)
    assert room.writers["a"].written[0].count(b"\n") == 0


async def test_a_transport_that_is_full_is_waited_for_and_then_written_to_straight_again() -> None:
    room = Room("slow", "quick")
    slow = room.sockets["slow"].outbound
    room.paths["slow"].is_full = True

    room.say(b"1")
    room.turn()
    room.say(b"2")
    room.turn()

    assert slow.is_busy
    assert not room.paths["slow"].is_free
    assert room.counts("slow") == (1, 0)
    assert room.counts("quick") == (2, 0)
    assert slow.queued_bytes == room.backlog.queued_bytes > 0
    assert room.backlog.waiting == {slow}
    room.paths["slow"].is_full = False
    room.paths["slow"].drained.set()
    await until(lambda: not slow.is_busy)
    room.say(b"3")
    room.turn()
    assert room.counts("slow") == (2, 1)  # the second came out of the queue
    assert room.backlog.queued_bytes == 0


async def test_a_reader_that_stays_slow_is_closed_by_the_same_limits() -> None:
    room = Room("slow")
    room.paths["slow"].is_full = True

    for text in (b"1", b"2", b"3", b"4"):
        room.say(text)
        room.turn()

    assert room.sockets["slow"].outbound.closing is CloseCode.SLOW
    assert room.counts("slow") == (1, 0)
    room.sockets["slow"].outbound.stop()
    assert room.backlog.queued_bytes == 0


async def test_nothing_goes_past_a_goodbye() -> None:
    room = Room("a", "b")
    room.sockets["a"].close(CloseCode.RESTART, "restart")
    room.sockets["b"].outbound.stop()

    room.say(b"1")
    room.turn()
    await until(lambda: room.writers["a"].closed is not None)
    room.say(b"2")
    room.turn()

    assert (room.counts("a"), room.counts("b")) == ((0, 1), (0, 0))  # the one is ``bye``


@pytest.mark.parametrize(
    ("failure", "is_aborted"),
    [(ConnectionResetError("gone"), False), (RuntimeError("a bug in the server"), True)],
    ids=["gone", "broken"],
)
def test_a_client_that_is_gone_is_forgotten_and_the_others_keep_receiving(
    failure: Exception, is_aborted: bool
) -> None:
    room = Room("a", "gone", "b")
    room.paths["gone"].failure = room.writers["gone"].failure = failure

    room.say(b"1")
    room.turn()

    gone = room.sockets["gone"].outbound
    assert gone.closing is not None
    assert not room.paths["gone"].is_free
    assert room.writers["gone"].is_aborted is is_aborted
    assert (room.counts("a"), room.counts("b")) == ((1, 0), (1, 0))
    assert room.meters.messages_out == 2


def test_one_who_leaves_while_a_batch_is_on_its_way_hears_no_more_of_it() -> None:
    room = Room(*(f"s-{number}" for number in range(600)))

    room.say(b"1")
    room.turn()  # the loop gets a turn after 500
    assert room.counts("s-0") == (1, 0)
    assert room.counts("s-599") == (0, 0)
    room.hub.end(room.sockets["s-599"], "room:7")
    room.turn()

    assert room.counts("s-598") == (1, 0)
    assert room.counts("s-599") == (0, 0)
