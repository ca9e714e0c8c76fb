"""What the in-process adapters share: logs, interests and the way from one hub to another.

A broker is to the memory adapters what the server is to the Redis ones: two backplanes with one
broker talk to each other. It serves tests and a service of one process. Nothing outlives the
process, and the logs of topics that nobody uses any more are not reclaimed.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from typing import Protocol

from app.realtime.backplane import BackplaneUnavailable
from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Listener
from app.realtime.backplane import Position
from app.realtime.backplane import Published
from app.realtime.presence_store import Diff
from app.realtime.topics import Window

KEYS_BEFORE_SWEEP = 10_000


class Station(Protocol):
    """One process as the broker sees it: a backplane, and the presence store on top of it."""

    def hear(self, topic: str, tell: Callable[[Listener], None]) -> None:
        """Takes an announcement of ``topic``."""

    def hear_presence(self, topic: str, diff: Diff) -> None:
        """Takes a presence diff of ``topic``."""

    def lose_contact(self) -> None:
        """Learns that the broker went away."""

    def regain_contact(self) -> None:
        """Learns that the broker came back."""


@dataclass(slots=True)
class MemoryLog:
    """The log of one topic, with the newest offset given out."""

    epoch: str = field(default_factory=lambda: secrets.token_hex(8))
    top: int = 0
    entries: deque[Entry] = field(default_factory=deque)
    kept_until: float = 0.0

    def append(self, data: bytes, *, window: Window, now: float) -> Entry:
        """Appends with the next offset, and trims."""
        self.forget(now)
        self.top += 1
        entry = Entry(self.top, data)
        self.entries.append(entry)
        while len(self.entries) > window.messages:
            self.entries.popleft()
        self.kept_until = now + window.seconds
        return entry

    def forget(self, now: float) -> None:
        """Drops what is older than the window; the epoch and the top stay."""
        if now >= self.kept_until:
            self.entries.clear()


class MemoryBroker:
    """Logs, idempotency keys and stations; ``clock`` counts seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logs: dict[str, MemoryLog] = {}
        self._keys: dict[tuple[str, str], tuple[Published, float]] = {}
        self._stations: list[Station] = []
        self._is_away = False

    @property
    def keys_remembered(self) -> int:
        """How many idempotency keys are held."""
        return len(self._keys)

    def attach(self, station: Station) -> None:
        """Lets ``station`` hear what is announced."""
        self._stations.append(station)

    def detach(self, station: Station) -> None:
        """Ends that; twice is once."""
        if station in self._stations:
            self._stations.remove(station)

    def go_away(self) -> None:
        """Behaves from now on like a server that cannot be reached."""
        self._is_away = True
        for station in self._stations:
            station.lose_contact()

    def come_back(self, *, empty: bool = False) -> None:
        """Ends ``go_away``; ``empty`` when everything was lost meanwhile."""
        self._is_away = False
        if empty:
            self._logs.clear()
            self._keys.clear()
        for station in self._stations:
            station.regain_contact()

    def require(self) -> None:
        """Stands for a round trip to the server.

        Raises:
            BackplaneUnavailable: the broker is away.
        """
        if self._is_away:
            raise BackplaneUnavailable("the memory broker is away")

    def publish(
        self, topic: str, data: bytes, *, window: Window, key: str | None, key_seconds: int
    ) -> Published:
        """Appends and announces, unless ``key`` was used already."""
        self.require()
        now = self._clock()
        if key is not None and (known := self._keys.get((topic, key))) and known[1] > now:
            return Published(known[0].epoch, known[0].offset, duplicate=True)
        log = self._log(topic)
        entry = log.append(data, window=window, now=now)
        epoch = log.epoch
        published = Published(epoch, entry.offset)
        if key is not None:
            self._remember((topic, key), published, until=now + key_seconds)
        self.announce(topic, lambda listener: listener.message(topic, epoch, entry))
        return published

    def announce(self, topic: str, tell: Callable[[Listener], None]) -> None:
        """Hands an announcement to every station, after the current step of the loop."""
        for station in self._stations:
            asyncio.get_running_loop().call_soon(station.hear, topic, tell)

    def announce_presence(self, topic: str, diff: Diff) -> None:
        """Hands a presence diff to every station, after the current step of the loop."""
        for station in self._stations:
            asyncio.get_running_loop().call_soon(station.hear_presence, topic, diff)

    def history(self, topic: str, *, after: int, limit: int) -> History:
        """Reads the log after ``after``."""
        self.require()
        log = self._log(topic)
        log.forget(self._clock())
        entries = [entry for entry in log.entries if entry.offset > after]
        return History(Position(log.epoch, log.top), entries[:limit])

    def top(self, topic: str) -> Position | None:
        """Reads the newest position of ``topic``; None where there is no epoch."""
        self.require()
        log = self._logs.get(topic)
        return Position(log.epoch, log.top) if log else None

    def _log(self, topic: str) -> MemoryLog:
        return self._logs.setdefault(topic, MemoryLog())

    def _remember(self, key: tuple[str, str], published: Published, *, until: float) -> None:
        if len(self._keys) >= KEYS_BEFORE_SWEEP:
            now = self._clock()
            self._keys = {one: known for one, known in self._keys.items() if known[1] > now}
        self._keys[key] = (published, until)
