"""A backplane and a presence store that do what a test tells them: lose, delay, go away."""

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Sequence

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


class FakeBackplane:
    """One server for all hubs that open it. ``is_mute`` loses announcements, not entries."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self.logs: defaultdict[str, list[Entry]] = defaultdict(list)
        self.newest: dict[str, Position] = {}
        self.failing: list[str] = []
        self.keys: dict[tuple[str, str], int] = {}
        self.subscribed: list[str] = []
        self.readings: list[tuple[str, int]] = []
        self.epoch = "e1"
        self.during_next_reading: Callable[[], None] = lambda: None
        self.tops_asked = 0
        self.refusals = 0
        self.is_away = False
        self.is_mute = False
        self.publish_fails = False
        self.is_broken = False

    async def open(self, listener: Listener) -> None:
        self.listeners.append(listener)

    async def close(self) -> None:
        self.listeners.clear()

    async def publish(
        self,
        topic: str,
        data: bytes,
        *,
        window: Window,
        key: str | None = None,
        key_seconds: int = 300,
    ) -> Published:
        self._check()
        top = self._top(topic)
        known = self.keys.get((topic, key)) if key else None
        if known is not None:
            return Published(top.epoch, known, duplicate=True)
        if key:
            self.keys[topic, key] = top.offset + 1
        entry = Entry(top.offset + 1, data)
        self.newest[topic] = Position(top.epoch, entry.offset)
        self.logs[topic] = [*self.logs[topic], entry][-window.messages :]
        for listener in [] if self.is_mute else self.listeners:
            listener.message(topic, top.epoch, entry)
        return Published(top.epoch, entry.offset)

    async def signal(
        self, topic: str, data: bytes, *, sender: str | None = None, key: str | None = None
    ) -> None:
        self._check()
        for listener in [] if self.is_mute else self.listeners:
            listener.signal(topic, data, sender=sender, key=key)

    async def subscribe(self, topic: str) -> None:
        self._check()
        self.subscribed.append(topic)

    def unsubscribe(self, topic: str) -> None:
        if topic in self.subscribed:
            self.subscribed.remove(topic)

    async def history(self, topic: str, *, window: Window, after: int, limit: int) -> History:
        self._check()
        self.readings.append((topic, after))
        during, self.during_next_reading = self.during_next_reading, lambda: None
        during()
        entries = [entry for entry in self.logs[topic] if entry.offset > after]
        return History(self._top(topic), entries[:limit])

    async def tops(self, topics: Sequence[str]) -> list[Position | None]:
        self.tops_asked += 1
        self._check()
        return [self.newest.get(topic) for topic in topics]

    def forget_everything(self, epoch: str) -> None:
        """Restarts the server empty."""
        self.logs.clear()
        self.newest.clear()
        self.epoch = epoch

    def set_away(self, is_away: bool) -> None:
        """Takes the server away or brings it back."""
        self.is_away = is_away
        for listener in self.listeners:
            listener.state(degraded=is_away)

    def _top(self, topic: str) -> Position:
        return self.newest.setdefault(topic, Position(self.epoch, 0))

    def _check(self) -> None:
        if self.is_away:
            self.refusals += 1
            raise BackplaneUnavailable("the fake is away")
        if self.is_broken:
            raise RuntimeError("a bug in the fake")


class FakePresence:
    """Presence without people counting: every connection is a member."""

    def __init__(self) -> None:
        self.members: defaultdict[str, dict[str, Member]] = defaultdict(dict)
        self.versions: defaultdict[str, int] = defaultdict(int)
        self.lingers: list[float] = []
        self.failing: list[str] = []
        self.listeners: list[PresenceListener] = []
        self.is_away = False

    async def open(self, listener: PresenceListener) -> None:
        self.listeners.append(listener)

    async def close(self) -> None:
        self.listeners.clear()

    async def join(self, topic: str, connection: str, member: Member) -> Snapshot:
        self._check()
        self.members[topic][connection] = member
        self._tell(topic, joined=[member], left=[])
        return await self.snapshot(topic)

    async def leave(self, topic: str, connection: str, *, linger_seconds: float) -> None:
        self.lingers.append(linger_seconds)
        self._check()
        member = self.members[topic].pop(connection)
        self._tell(topic, joined=[], left=[member])

    async def snapshot(self, topic: str) -> Snapshot:
        self._check()
        members = list(self.members[topic].values())
        return Snapshot(self.versions[topic], len(members), members)

    def _tell(self, topic: str, *, joined: list[Member], left: list[Member]) -> None:
        self.versions[topic] += 1
        count = len(self.members[topic])
        for listener in self.listeners:
            listener.presence(topic, Diff(self.versions[topic], joined, left, count))

    def _check(self) -> None:
        if self.is_away:
            raise BackplaneUnavailable("the fake is away")
