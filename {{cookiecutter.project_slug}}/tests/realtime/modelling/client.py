"""What an application sees through the client library: exactly once in order, or told of a gap."""

import asyncio
import json
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.errors import Unavailable
from app.principal import Principal
from app.principal import UserId
from app.realtime.backplane import Position
from app.realtime.connections.limits import InboundRate
from app.realtime.connections.outbound import Outbound
from app.realtime.connections.socket_connection import SocketConnection
from app.realtime.presence_store import Snapshot
from app.realtime.protocol.batch import Batch
from app.realtime.protocol.batch import Listening
from app.realtime.subscribing.departing import depart
from app.realtime.subscribing.subscribing import subscribe
from app.realtime.subscribing.subscription import Outcome
from app.realtime.subscribing.subscription import Subscribed
from app.realtime.subscribing.subscription import Wanted
from tests.realtime.clients import FakeWriter
from tests.realtime.modelling.node import ROOM
from tests.realtime.modelling.node import STATE
from tests.realtime.modelling.node import TOPICS
from tests.realtime.modelling.node import Bugs
from tests.realtime.modelling.node import Node
from tests.realtime.modelling.server import ModelServer

AGE_SECONDS = 90.0


class Gapless(SocketConnection):
    """Plants a bug: a connection that is told of no gap."""

    __slots__ = ()

    def deliver(self, batch: Batch, listening: Listening) -> None:
        """Takes what a topic says, but for what it lost."""
        pushes = [push for push in batch.pushes if push.event != "gap"]
        if pushes:
            super().deliver(Batch(pushes), listening)


class ModelClient:
    """One person with one connection at a time, and what their page holds."""

    def __init__(
        self, number: int, server: ModelServer, *, clock: Callable[[], float], bugs: Bugs
    ) -> None:
        self.user = UserId(UUID(int=number + 1))
        self._server = server
        self._clock = clock
        self._bugs = bugs
        self._connections = 0
        self._lines_seen = 0
        self._task: asyncio.Task[None] | None = None
        self.node: Node | None = None
        self.connection: SocketConnection | None = None
        self.writer = FakeWriter()
        self.positions: dict[str, Position] = {}
        self.value: int | None = None
        self.members: set[str] = set()
        self.version: int | None = None

    def connect(self, node: Node, *, joins: bool) -> None:
        """Comes, or comes back with the places it has."""
        if node.core.is_draining:
            return
        now = self._clock()
        core, self._connections = node.core, self._connections + 1
        self.node, self.writer, self._lines_seen = node, FakeWriter(joins=joins), 0
        self.version = None
        kind = Gapless if self._bugs.gaps_are_not_told else SocketConnection
        self.connection = kind(
            f"c-{self.user.int}-{self._connections}",
            Outbound(self.writer, core.backlog),
            {"client": None},
            now=now,
            ends_at=now + AGE_SECONDS,
            rate=InboundRate(core.settings, now=now),
        )
        core.admission.enter("unknown", now=now)
        self.connection.principal = Principal(kind="user", user_id=self.user, name="somebody")
        core.admission.enter_caller(self.user)
        core.attach(self.connection)
        wanted = [
            Wanted(topic, since=self._since(topic), presence=topic == ROOM) for topic in TOPICS
        ]
        self._task = node.start_task(
            subscribe(core, self.connection, wanted, answer=self._answered)
        )

    def cut(self) -> None:
        """Loses the connection, in the middle of whatever was going on."""
        if self.connection is None or self.node is None or self._task is None:
            return
        self.look()
        self._task.cancel()
        if not self._bugs.connections_are_forgotten:
            depart(self.node.core, self.connection)
        self.lose()

    def lose(self) -> None:
        """Forgets the connection, whose process knows of nothing or is gone."""
        self.connection = self.node = None

    @property
    def has_ended(self) -> bool:
        """Whether the server closed or cut the connection."""
        return self.connection is not None and (
            self.writer.closed is not None or self.writer.is_aborted
        )

    def look(self) -> None:
        """Reads what has arrived and checks each frame against the one before and the truth."""
        if self.connection is None:
            return
        lines = self.writer.written[self._lines_seen :]
        self._lines_seen += len(lines)
        for line in (line for chunk in lines for line in chunk.split(b"\n")):
            self._take(json.loads(line))

    async def ask_presence(self) -> None:
        """Asks who is there, as a page does that missed a version."""
        if self.version is None and self.connection is not None and self.node is not None:
            try:
                self._hold(await self.node.core.presence.snapshot(ROOM))
            except Unavailable:
                return

    def _since(self, topic: str) -> Position | None:
        position = self.positions.get(topic)
        if position is not None and position.offset and self._bugs.the_client_asks_one_too_early:
            return Position(position.epoch, position.offset - 1)
        return position

    def _take(self, frame: dict[str, Any]) -> None:
        topic = frame.get("topic", "")
        match frame["type"]:
            case "gap":
                self.positions[topic] = Position(frame["epoch"], frame["offset"])
            case "message" if "offset" in frame:
                self._see(topic, frame["offset"], frame["data"])
            case "message":
                assert frame["data"] != self.user.int, "a signal came back to its sender"
            case "presence":
                self._step(frame)
            case "ping":
                assert self.connection is not None
                self.connection.heard(self._clock())

    def _answered(self, outcomes: Sequence[Outcome]) -> None:
        assert self.connection is not None
        self.connection.is_greeted = True
        for outcome in outcomes:
            if isinstance(outcome, Subscribed):
                self._begin(outcome)
        if any(not isinstance(outcome, Subscribed) for outcome in outcomes):
            self.writer.is_aborted = True  # comes back and asks again

    def _begin(self, begun: Subscribed) -> None:
        assert self.connection is not None
        if begun.who is not None:
            self._hold(begun.who)
        if begun.recovered is not True:
            self.positions[begun.topic] = begun.begins_at
        for entry in begun.messages:
            self._see(begun.topic, entry.offset, json.loads(entry.data))
        assert self.positions[begun.topic] == begun.position
        self.connection.tell_topic(begun.topic, begun.missed)

    def _see(self, topic: str, offset: int, data: int) -> None:
        epoch, last = self.positions[topic].epoch, self.positions[topic].offset
        if topic == STATE:
            assert offset > last, "an older value after a newer one"
            self.value = data
        else:
            assert offset == last + 1, f"{topic}: {offset} after {last}"
        assert json.loads(self._server.truth[topic, epoch][offset - 1]) == data
        self.positions[topic] = Position(epoch, offset)

    def _hold(self, who: Snapshot) -> None:
        self.version = who.version
        self.members = {member.user for member in who.members or ()}

    def _step(self, diff: dict[str, Any]) -> None:
        if self.version is None or diff["version"] <= self.version:
            return
        if diff["version"] > self.version + 1:
            self.version = None  # a step is missing: ask
            return
        self.version = diff["version"]
        self.members -= {member["user"] for member in diff["left"]}
        self.members |= {member["user"] for member in diff["joined"]}
