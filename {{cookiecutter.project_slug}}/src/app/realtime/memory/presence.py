"""Presence kept in this process: the rules of ``presence_store`` without leases.

The nodes of one process die together, so there is nobody left who could remove a dead one's
entries, and nothing to remove: leases and the janitor are in ``redis_presence``.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from app.realtime.memory.backplane import MemoryBackplane
from app.realtime.memory.broker import MemoryBroker
from app.realtime.presence_store import Diff
from app.realtime.presence_store import Member
from app.realtime.presence_store import PresenceListener
from app.realtime.presence_store import Snapshot


class Roster:
    """Who is on one topic. People are counted once, however many connections they have."""

    def __init__(self) -> None:
        self.version = 0
        self._users: dict[str, str] = {}  # of each connection
        self._connections: Counter[str] = Counter()  # of each user
        self._members: dict[str, Member] = {}
        self._lingering: dict[str, object] = {}

    def join(self, connection: str, member: Member) -> Diff | None:
        """Adds a connection; returns the diff when its user was not there before."""
        self._lingering.pop(connection, None)
        if connection in self._users:
            return None
        self._users[connection] = member.user
        self._connections[member.user] += 1
        self._members[member.user] = member
        return self._step(joined=[member]) if self._connections[member.user] == 1 else None

    def linger(self, connection: str) -> object | None:
        """Marks a connection as about to end; returns the mark, None when it is not there."""
        if connection not in self._users:
            return None
        mark = self._lingering[connection] = object()
        return mark

    def is_marked(self, connection: str, mark: object) -> bool:
        """Tells whether ``connection`` still lingers for the reason that ``mark`` stands for."""
        return self._lingering.get(connection) is mark

    def leave(self, connection: str) -> Diff | None:
        """Removes a connection that is there; returns the diff if it was its user's last one."""
        self._lingering.pop(connection, None)
        user = self._users.pop(connection)
        self._connections[user] -= 1
        if self._connections[user]:
            return None
        del self._connections[user]
        return self._step(left=[self._members.pop(user)])

    def snapshot(self, *, members_max: int) -> Snapshot:
        """Returns who is there; only how many when there are more than ``members_max``."""
        count = len(self._members)
        members = None if count > members_max else list(self._members.values())
        return Snapshot(self.version, count, members)

    def _step(self, *, joined: Iterable[Member] = (), left: Iterable[Member] = ()) -> Diff:
        self.version += 1
        return Diff(self.version, list(joined), list(left), len(self._members))


# The rosters of each broker, shared by the stores of all its backplanes.
_rosters: WeakKeyDictionary[MemoryBroker, dict[str, Roster]] = WeakKeyDictionary()


class MemoryPresence:
    """Presence over the topics of one ``MemoryBackplane``."""

    def __init__(
        self, backplane: MemoryBackplane, *, members_max: int = 200, linger_seconds: float = 8.0
    ) -> None:
        self._backplane = backplane
        self._rosters = _rosters.setdefault(backplane.broker, {})
        self._members_max = members_max
        self._linger_seconds = linger_seconds
        self._own: dict[tuple[str, str], None] = {}

    @property
    def failing(self) -> list[str]:
        """Names nothing: no task runs for ever here."""
        return []

    async def open(self, listener: PresenceListener) -> None:
        """Starts to hear the diffs."""
        self._backplane.deliver_presence_to(listener.presence)

    async def close(self) -> None:
        """Lets the entries of this node linger, then leave."""
        for topic, connection in list(self._own):
            await self.leave(topic, connection, linger_seconds=self._linger_seconds)

    async def join(self, topic: str, connection: str, member: Member) -> Snapshot:
        """Counts ``connection`` as there and returns everybody, the newcomer included."""
        self._backplane.broker.require()
        self._own[topic, connection] = None
        self._tell(topic, self._roster(topic).join(connection, member))
        return await self.snapshot(topic)

    async def leave(self, topic: str, connection: str, *, linger_seconds: float) -> None:
        """Ends the presence of ``connection``, ``linger_seconds`` later."""
        self._own.pop((topic, connection), None)
        mark = self._roster(topic).linger(connection)
        if mark is None:
            return
        if linger_seconds <= 0:
            self._end(topic, connection, mark)
        else:
            loop = asyncio.get_running_loop()
            loop.call_later(linger_seconds, self._end, topic, connection, mark)

    async def snapshot(self, topic: str) -> Snapshot:
        """Returns who is there now."""
        self._backplane.broker.require()
        return self._roster(topic).snapshot(members_max=self._members_max)

    def _end(self, topic: str, connection: str, mark: object) -> None:
        roster = self._roster(topic)
        if roster.is_marked(connection, mark):
            self._tell(topic, roster.leave(connection))

    def _tell(self, topic: str, diff: Diff | None) -> None:
        if diff is not None:
            self._backplane.broker.announce_presence(topic, diff)

    def _roster(self, topic: str) -> Roster:
        return self._rosters.setdefault(topic, Roster())
