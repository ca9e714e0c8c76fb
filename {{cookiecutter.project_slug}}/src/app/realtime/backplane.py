"""The contract between the processes of one service: how a message reaches all of them.

Guarantees of an adapter (``memory``, ``redis``), held by one contract suite:

* ``publish`` to a recoverable topic gives the message the next offset of the topic's epoch, keeps
  it in the topic's log and announces it, in one atomic step. Offsets of an epoch rise by one.
* Once ``subscribe`` has returned, every later announcement of the topic is handed to the listener,
  or the listener is told that the topic is suspect. It may be handed one twice.
* An epoch that has ended never comes back.

Worked example: epoch ``k3f9`` has offsets 1..43. A client that saw 41 asks ``history(after=41)``
and gets 42 and 43. Redis is emptied; the next publish creates epoch ``p7aa`` at offset 1. The
client's 41 belongs to ``k3f9``: it is told ``recovered: false`` with reason ``epoch``, never given
1 as if it were 42.
"""

from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.errors import Unavailable
from app.realtime.topics import Window


class BackplaneUnavailable(Unavailable):
    """The backplane did not answer in time; whether a publish took effect is unknown.

    Trying again with the same key is safe for as long as the key lives.
    """


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a topic's log: ``offset`` counts from 1 in ``epoch``, 0 is before the first."""

    epoch: str
    offset: int


NOWHERE = Position("", 0)


@dataclass(frozen=True, slots=True)
class Published:
    """Where a publish landed; ``duplicate`` when its key had been used already."""

    epoch: str
    offset: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a recoverable topic; ``data`` is JSON in UTF-8, never parsed on the way."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class History:
    """The log after some offset: ``top`` is the newest position, ``entries`` rise, oldest first.

    ``entries`` may start later than asked (trimmed) and holds at most the limit asked for.
    """

    top: Position
    entries: Sequence[Entry]


class Listener(Protocol):
    """What the hub offers its backplane; every call is synchronous and quick."""

    def message(self, topic: str, epoch: str, entry: Entry) -> None:
        """Takes one announced message of a recoverable topic."""

    def signal(self, topic: str, data: bytes, *, sender: str | None, key: str | None) -> None:
        """Takes one ephemeral message; ``sender`` is the connection that is not to have it back.

        Of those with the same sender and ``key`` a slow reader may get only the newest.
        """

    def suspect(self, topics: Collection[str]) -> None:
        """Learns that announcements of ``topics`` may be lost, and that none is from now on."""

    def state(self, *, degraded: bool) -> None:
        """Learns that the backplane went away or came back."""


class Backplane(Protocol):
    """Carries messages between hubs."""

    async def open(self, listener: Listener) -> None:
        """Starts the reader. Returns at once even when the server is away: it keeps trying."""

    async def close(self) -> None:
        """Stops everything that ``open`` started."""

    @property
    def failing(self) -> list[str]:
        """Names its own tasks that keep crashing; a server that is away is no crash."""

    async def publish(
        self,
        topic: str,
        data: bytes,
        *,
        window: Window,
        key: str | None = None,
        key_seconds: int = 300,
    ) -> Published:
        """Appends to the topic's log and announces.

        Raises:
            BackplaneUnavailable: no answer within ``publish_deadline_seconds``.
        """

    async def signal(
        self, topic: str, data: bytes, *, sender: str | None = None, key: str | None = None
    ) -> None:
        """Announces an ephemeral message.

        Raises:
            BackplaneUnavailable: no answer within ``publish_deadline_seconds``.
        """

    async def subscribe(self, topic: str) -> None:
        """Returns once announcements of ``topic`` reach this process. One interest per topic.

        Raises:
            BackplaneUnavailable: the server is away; the hub marks the topic suspect and stays.
        """

    def unsubscribe(self, topic: str) -> None:
        """Ends the interest, after ``unsubscribe_delay_seconds`` unless it comes back before."""

    async def history(self, topic: str, *, window: Window, after: int, limit: int) -> History:
        """Reads the log after offset ``after``, creating the topic's epoch when there is none.

        ``after`` may lie above the top: then there are no entries and only ``top`` is told.

        Raises:
            BackplaneUnavailable: the server is away.
        """

    async def tops(self, topics: Sequence[str]) -> Sequence[Position | None]:
        """Reads the newest positions of ``topics`` in one round trip; None where there is no epoch.

        Raises:
            BackplaneUnavailable: the server is away.
        """
