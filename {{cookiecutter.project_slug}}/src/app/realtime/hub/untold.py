"""Subscribers of a large topic that have not been told of a gap yet.

All of them would load anew in the same moment, so they are told over a while. Until then they hear
no message: whatever is newer comes after their gap, and their gap covers what was said meanwhile.
"""

from collections.abc import Mapping
from itertools import islice

from app.realtime.hub.topic_log import GapReason
from app.realtime.protocol.batch import Listening
from app.realtime.protocol.batch import Receiver

PACED_FROM_SUBSCRIBERS = 1_000
ABOVE_EVERY_SEQUENCE = 2**63


class Untold:
    """Who waits, in the order of their subscriptions, and for what reason."""

    __slots__ = ("_waiting", "reason")

    def __init__(self) -> None:
        self._waiting: dict[Receiver, Listening] = {}
        self.reason: GapReason = "epoch"

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, live: Mapping[Receiver, Listening], reason: GapReason) -> None:
        """Has subscribers wait; those who do already are told of both gaps at once."""
        self.reason = reason
        for listening in live.values():
            listening.heard_sequence = ABOVE_EVERY_SEQUENCE
        self._waiting.update(live)

    def take(self, most: int) -> list[tuple[Receiver, Listening]]:
        """Returns the next ones, who wait no longer; some may have left."""
        taken = list(islice(self._waiting.items(), most))
        for receiver, _ in taken:
            del self._waiting[receiver]
        return taken
