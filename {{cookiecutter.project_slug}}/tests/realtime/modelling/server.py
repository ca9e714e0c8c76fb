"""The server of the model: logs, epochs, who is there. All at once and never wrong."""

from collections import Counter
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Position
from app.realtime.backplane import Published
from app.realtime.presence_store import Diff
from app.realtime.presence_store import Member
from app.realtime.presence_store import Snapshot
from app.realtime.topics import Window

LEASE_SECONDS = 9.0

# Where a person is: the process that answers for them, and their connection.
Place = tuple[str, str]


class Hearing(Protocol):
    """A process that hears what is announced."""

    def announce(self, topic: str, *what: object) -> None:
        """Puts an announcement on its way."""


class ModelServer:
    """What Redis is to the real processes. ``keeps_epoch`` and ``has_janitor`` plant bugs."""

    def __init__(self, *, keeps_epoch: bool = False, has_janitor: bool = True) -> None:
        self._keeps_epoch = keeps_epoch
        self._has_janitor = has_janitor
        self._epochs = 1
        self._logs: defaultdict[str, list[Entry]] = defaultdict(list)
        self._tops: dict[str, Position] = {}
        self._places: defaultdict[str, dict[Place, Member]] = defaultdict(dict)
        self._versions: Counter[str] = Counter()
        self._dead: dict[str, float] = {}
        self.truth: defaultdict[tuple[str, str], list[bytes]] = defaultdict(list)
        self.hearing: list[Hearing] = []
        self.is_away = False

    def require(self) -> None:
        """Stands for a round trip."""
        if self.is_away:
            raise BackplaneUnavailable("the model is away")

    def publish(self, topic: str, data: bytes, *, window: Window) -> Published:
        """Appends, trims and announces."""
        top = self.top(topic)
        entry = Entry(top.offset + 1, data)
        self._tops[topic] = Position(top.epoch, entry.offset)
        self._logs[topic] = [*self._logs[topic], entry][-window.messages :]
        self.truth[topic, top.epoch].append(data)
        self.announce(topic, "message", top.epoch, entry)
        return Published(top.epoch, entry.offset)

    def announce(self, topic: str, *what: object) -> None:
        """Announces to every process."""
        for hearing in self.hearing:
            hearing.announce(topic, *what)

    def history(self, topic: str, *, after: int, limit: int) -> History:
        """Reads the log."""
        entries = [entry for entry in self._logs[topic] if entry.offset > after]
        return History(self.top(topic), entries[:limit])

    def top(self, topic: str) -> Position:
        """Returns the newest position, beginning the epoch if there is none."""
        return self._tops.setdefault(topic, Position(f"e{self._epochs}", 0))

    def known_top(self, topic: str) -> Position | None:
        """Returns the newest position; None when there is no epoch."""
        return self._tops.get(topic)

    def lose_logs(self) -> None:
        """Begins a new epoch with nothing in it."""
        self._epochs += 0 if self._keeps_epoch else 1
        self._logs.clear()
        self._tops.clear()

    def lose_people(self) -> None:
        """Forgets who is there; processes enter their people again when they come back."""
        self._places.clear()

    def enter(self, topic: str, place: Place, member: Member) -> None:
        """Counts somebody as there."""
        is_new = member.user not in self.users(topic)
        self._places[topic][place] = member
        if is_new:
            self._step(topic, joined=[member])

    def leave(self, topic: str, place: Place) -> None:
        """Ends that."""
        member = self._places[topic].pop(place, None)
        if member is not None and member.user not in self.users(topic):
            self._step(topic, left=[member])

    def users(self, topic: str) -> set[str]:
        """Returns who is there."""
        return {member.user for member in self._places[topic].values()}

    def snapshot(self, topic: str) -> Snapshot:
        """Returns the same with its version."""
        members = {member.user: member for member in self._places[topic].values()}
        return Snapshot(self._versions[topic], len(members), list(members.values()))

    def put_right(self, node: str, own: Iterable[tuple[str, str, Member]], heard: set[str]) -> None:
        """Enters the people of a process that was away, and makes everybody ask who is there."""
        wanted = {(topic, (node, connection)): member for topic, connection, member in own}
        for topic, places in list(self._places.items()):
            for place in [place for place in places if place[0] == node]:
                if (topic, place) not in wanted:
                    self.leave(topic, place)
        for (topic, place), member in wanted.items():
            self.enter(topic, place, member)
        for topic in heard:
            self._versions[topic] += 1
            self._step(topic)

    def die(self, node: str, *, now: float) -> None:
        """Learns of a process that will not renew its lease."""
        self._dead[node] = now + LEASE_SECONDS

    def tidy_up(self, *, now: float) -> None:
        """Removes the people of processes whose lease has ended."""
        for node in [node for node, ends_at in self._dead.items() if ends_at <= now]:
            del self._dead[node]
            if self._has_janitor:
                self.put_right(node, (), set())

    def _step(self, topic: str, *, joined: list[Member] | None = None,
              left: list[Member] | None = None) -> None:  # fmt: skip
        self._versions[topic] += 1
        count = len(self.users(topic))
        self.announce(
            topic, "presence", Diff(self._versions[topic], joined or [], left or [], count)
        )
