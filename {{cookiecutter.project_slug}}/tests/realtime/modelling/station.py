"""One process's end of the model server: nothing arrives here but by a rule of the machine."""

import asyncio
from collections import deque
from collections.abc import Callable
from collections.abc import Sequence
from typing import TypeVar

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Listener
from app.realtime.backplane import Position
from app.realtime.backplane import Published
from app.realtime.presence_store import Diff
from app.realtime.presence_store import Member
from app.realtime.presence_store import PresenceListener
from app.realtime.presence_store import Snapshot
from app.realtime.topics import Window
from tests.realtime.modelling.server import ModelServer

Answer = TypeVar("Answer")
Announcement = tuple[str, tuple[object, ...]]


class Station:
    """A backplane in pieces: announcements wait in ``on_their_way``, answers in ``answers``."""

    def __init__(self, server: ModelServer, node: str, *, tells_suspicion: bool = True) -> None:
        self.server = server
        self.node = node
        self._tells_suspicion = tells_suspicion
        self._listener: Listener | None = None
        self._presence: PresenceListener | None = None
        self.subscribed: list[str] = []
        self.failing: list[str] = []
        self.on_their_way: deque[Announcement] = deque()
        self.answers: deque[asyncio.Event] = deque()
        self.own: dict[tuple[str, str], Member] = {}

    async def open(self, listener: Listener) -> None:
        """Begins to hear."""
        self._listener = listener
        self.server.hearing.append(self)

    async def open_presence(self, listener: PresenceListener) -> None:
        """Begins to hear of people."""
        self._presence = listener

    async def close(self) -> None:
        """Ends that."""
        if self in self.server.hearing:
            self.server.hearing.remove(self)

    async def publish(
        self,
        topic: str,
        data: bytes,
        *,
        window: Window,
        key: str | None = None,
        key_seconds: int = 300,
    ) -> Published:
        """Publishes."""
        self.server.require()
        return self.server.publish(topic, data, window=window)

    async def signal(
        self, topic: str, data: bytes, *, sender: str | None = None, key: str | None = None
    ) -> None:
        """Announces an ephemeral message."""
        self.server.require()
        self.server.announce(topic, "signal", data, sender, key)

    async def subscribe(self, topic: str) -> None:
        """Hears of ``topic`` from the moment the server has taken it; the answer comes later."""
        await self._answer(lambda: self.subscribed.append(topic))

    def unsubscribe(self, topic: str) -> None:
        """Ends that; what is on its way still comes."""
        if topic in self.subscribed:
            self.subscribed.remove(topic)

    async def history(self, topic: str, *, window: Window, after: int, limit: int) -> History:
        """Reads the log; the answer comes later."""
        return await self._answer(lambda: self.server.history(topic, after=after, limit=limit))

    async def tops(self, topics: Sequence[str]) -> list[Position | None]:
        """Reads the tops; the answer comes later."""
        return await self._answer(lambda: [self.server.known_top(topic) for topic in topics])

    def announce(self, topic: str, *what: object) -> None:
        """Puts an announcement on its way."""
        if topic in self.subscribed:
            self.on_their_way.append((topic, what))

    def hear_next(self) -> None:
        """Hands the next announcement to the hub."""
        topic, what = self.on_their_way.popleft()
        if self._listener is None or self._presence is None:
            return
        match what:
            case "message", str(epoch), Entry() as entry:
                self._listener.message(topic, epoch, entry)
            case "presence", Diff() as diff:
                self._presence.presence(topic, diff)
            case "signal", bytes(data), sender, key:
                self._listener.signal(topic, data, sender=sender, key=key)  # type: ignore[arg-type]

    def lose_contact(self) -> None:
        """Loses the server: nothing under way is answered."""
        for answer in self.answers:
            answer.set()
        self.answers.clear()
        if self._listener is not None:
            self._listener.state(degraded=True)

    def subscribe_anew(self, *, loses: bool = True) -> None:
        """Makes the subscriber connection anew; what was on its way is lost, or comes too late."""
        if loses:
            self.on_their_way.clear()
        if self._listener is not None and self._tells_suspicion:
            self._listener.suspect(list(self.subscribed))
        own = [(topic, connection, member) for (topic, connection), member in self.own.items()]
        self.server.put_right(self.node, own, set(self.subscribed))

    def regain_contact(self) -> None:
        """Finds the server again."""
        self.subscribe_anew()
        if self._listener is not None:
            self._listener.state(degraded=False)

    async def _answer(self, ask: Callable[[], Answer]) -> Answer:
        self.server.require()
        answer = ask()
        arrived = asyncio.Event()
        self.answers.append(arrived)
        await arrived.wait()
        if self.server.is_away:
            raise BackplaneUnavailable("the model went away")
        return answer


class ModelPresence:
    """The presence store of one process."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self.failing: list[str] = []

    async def open(self, listener: PresenceListener) -> None:
        """Begins to hear."""
        await self._station.open_presence(listener)

    async def close(self) -> None:
        """Ends that: ``Station.close`` did."""

    async def join(self, topic: str, connection: str, member: Member) -> Snapshot:
        """Counts a connection as there."""
        self._station.server.require()
        self._station.own[topic, connection] = member
        self._station.server.enter(topic, (self._station.node, connection), member)
        return self._station.server.snapshot(topic)

    async def leave(self, topic: str, connection: str, *, linger_seconds: float) -> None:
        """Ends that; while the server is away it learns of it later."""
        self._station.own.pop((topic, connection), None)
        self._station.server.require()
        self._station.server.leave(topic, (self._station.node, connection))

    async def snapshot(self, topic: str) -> Snapshot:
        """Returns who is there."""
        self._station.server.require()
        return self._station.server.snapshot(topic)
