"""The parts of the machine in ``test_model``: a backplane in pieces, and a client that checks."""

import asyncio
import json
from collections import deque
from collections.abc import Sequence

from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Position
from app.realtime.backplane import Published
from app.realtime.connections.limits import InboundRate
from app.realtime.connections.outbound import Outbound
from app.realtime.connections.socket_connection import SocketConnection
from app.realtime.core import Core
from app.realtime.subscribing.departing import depart
from app.realtime.subscribing.subscribing import subscribe
from app.realtime.subscribing.subscription import Outcome
from app.realtime.subscribing.subscription import Subscribed
from app.realtime.subscribing.subscription import Wanted
from app.realtime.topics import Window
from tests.realtime.clients import FakeWriter
from tests.realtime.fakes import FakeBackplane

TOPIC = "room:7"


class PiecewiseBackplane(FakeBackplane):
    """Announcements wait in ``on_their_way``, readings in ``read``, until a rule lets them go."""

    def __init__(self) -> None:
        super().__init__()
        self.on_their_way: deque[tuple[str, Entry]] = deque()
        self.read: deque[asyncio.Event] = deque()
        self.truth: dict[str, list[bytes]] = {}
        self.is_mute = True

    async def publish(
        self,
        topic: str,
        data: bytes,
        *,
        window: Window,
        key: str | None = None,
        key_seconds: int = 300,
    ) -> Published:
        published = await super().publish(topic, data, window=window)
        self.on_their_way.append((published.epoch, Entry(published.offset, data)))
        self.truth.setdefault(published.epoch, []).append(data)
        return published

    async def history(self, topic: str, *, window: Window, after: int, limit: int) -> History:
        read = await super().history(topic, window=window, after=after, limit=limit)
        gate = asyncio.Event()
        self.read.append(gate)
        await gate.wait()
        return read

    def announce_next(self) -> None:
        """Hands the next announcement to the hub."""
        announcement = self.on_their_way.popleft()
        for listener in self.listeners:
            listener.message(TOPIC, *announcement)


class ModelClient:
    """What an application sees through the client library: exactly once, or told of a gap."""

    def __init__(self, core: Core, backplane: PiecewiseBackplane) -> None:
        self._core = core
        self._backplane = backplane
        self._task: asyncio.Task[None] | None = None
        self._lines_seen = 0
        self.connection: SocketConnection | None = None
        self.position: Position | None = None

    def connect(self) -> None:
        """Comes, or comes back with the place it has."""
        self._writer, self._lines_seen = FakeWriter(), 0
        self.connection = SocketConnection(
            f"c-{id(self._writer)}",
            Outbound(self._writer, self._core.backlog),
            {"client": None},
            now=0.0,
            ends_at=9e9,
            rate=InboundRate(self._core.settings, now=0.0),
        )
        self._core.admission.enter("unknown", now=0.0)
        self._core.hub.attach(self.connection)
        wanted = [Wanted(TOPIC, since=self.position)]
        self._task = asyncio.get_running_loop().create_task(
            subscribe(self._core, self.connection, wanted, answer=self._answered)
        )

    def cut(self) -> None:
        """Loses the connection, in the middle of whatever was going on."""
        if self.connection is not None and self._task is not None:
            self.look()
            self._task.cancel()
            depart(self._core, self.connection)
            self.connection = None

    def look(self) -> None:
        """Reads what has arrived and checks each frame against the one before and the truth."""
        lines = self._writer.written[self._lines_seen :] if self.connection else []
        self._lines_seen += len(lines)
        for line in (line for chunk in lines for line in chunk.split(b"\n")):
            frame = json.loads(line)
            if frame["type"] == "gap":
                self.position = Position(frame["epoch"], frame["offset"])
            else:
                self._see(frame["offset"], frame["data"])

    def _answered(self, outcomes: Sequence[Outcome]) -> None:
        [outcome] = outcomes
        assert isinstance(outcome, Subscribed)
        if outcome.recovered:
            for entry in outcome.messages:
                self._see(entry.offset, json.loads(entry.data))
            assert self.position == outcome.position
        else:
            assert not outcome.messages
            self.position = outcome.position

    def _see(self, offset: int, data: int) -> None:
        assert self.position is not None
        epoch = self.position.epoch
        assert offset == self.position.offset + 1
        assert json.loads(self._backplane.truth[epoch][offset - 1]) == data
        self.position = Position(epoch, offset)
