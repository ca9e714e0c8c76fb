"""One timer for thousands of connections: each waits in the slot of the moment it is due."""

from collections import defaultdict
from typing import Generic
from typing import TypeVar

Item = TypeVar("Item")


class TimerWheel(Generic[Item]):
    """Slots of ``slot_seconds``; an item is due at the end of its slot at the latest."""

    def __init__(self, *, slot_seconds: float, now: float) -> None:
        self._slot_seconds = slot_seconds
        self._slots: defaultdict[int, set[Item]] = defaultdict(set)
        self._turned_to = self._slot(now)

    def add(self, item: Item, *, due: float) -> int:
        """Adds ``item``; returns its slot. What is overdue comes with the next turn."""
        slot = max(self._slot(due), self._turned_to) + 1
        self._slots[slot].add(item)
        return slot

    def discard(self, item: Item, slot: int) -> None:
        """Takes ``item`` out of its slot, unless that has been turned past."""
        if waiting := self._slots.get(slot):
            waiting.discard(item)

    def turn(self, now: float) -> list[Item]:
        """Takes out and returns everything that is due at ``now``."""
        slot = self._slot(now)
        due = [
            item
            for passed in range(self._turned_to + 1, slot + 1)
            for item in self._slots.pop(passed, ())
        ]
        self._turned_to = max(self._turned_to, slot)
        return due

    def _slot(self, moment: float) -> int:
        return int(moment / self._slot_seconds)
