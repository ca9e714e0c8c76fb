"""The contract of presence: who is on a topic, over all processes, crashed ones left out.

An entry belongs to a connection of a node; liveness belongs to the node, which renews a lease every
``node_beat_seconds``. Readers hide the entries of nodes without a lease, and any node's janitor
removes them and reports the users that left. People are counted once: joined on the first of their
connections, left ``linger_seconds`` after the last (REALTIME: an entry may linger so that a reload
does not flap).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Member:
    """One person on a topic; ``meta`` is what the feature tells about them (a name, say)."""

    user: str
    meta: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The members of a topic at ``version``; above the member limit ``members`` is None."""

    version: int
    count: int
    members: Sequence[Member] | None


@dataclass(frozen=True, slots=True)
class Diff:
    """One step from ``version - 1`` to ``version``."""

    version: int
    joined: Sequence[Member]
    left: Sequence[Member]
    count: int


class PresenceListener(Protocol):
    """What the hub offers a presence store; synchronous and quick."""

    def presence(self, topic: str, diff: Diff) -> None:
        """Takes one diff of a topic that this process has subscribers of."""


class PresenceStore(Protocol):
    """Keeps presence; two adapters, ``memory_presence`` and ``redis_presence``.

    Diffs travel over the same subscription as the topic's messages: subscribing the backplane to a
    topic is enough to hear them.
    """

    async def open(self, listener: PresenceListener) -> None:
        """Starts the lease and the janitor; returns at once even when the server is away."""

    async def close(self) -> None:
        """Gives up the lease; the entries of this node linger, then leave."""

    @property
    def failing(self) -> list[str]:
        """Names its own tasks that keep crashing; a server that is away is no crash."""

    async def join(self, topic: str, connection: str, member: Member) -> Snapshot:
        """Counts ``connection`` as there and returns everybody, the newcomer included."""

    async def leave(self, topic: str, connection: str, *, linger_seconds: float) -> None:
        """Ends the presence of ``connection``; the person leaves ``linger_seconds`` later."""

    async def snapshot(self, topic: str) -> Snapshot:
        """Returns who is there now."""
