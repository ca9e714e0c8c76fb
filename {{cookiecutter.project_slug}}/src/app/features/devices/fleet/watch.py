"""Who is to be written down as seen or as gone, as values: no clock, no database.

A device that leaves is written as gone as soon as its topic tells so (``LINGER_SECONDS``); but one
that comes and goes all the time is so once in ``EVERY_SECONDS``, and costs no more than a good one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field
from typing import NamedTuple
from uuid import UUID

from app.features.devices.live_topics import LINGER_SECONDS

LOOK_SECONDS = 5.0
EVERY_SECONDS = 60.0
# Two looks may be late before a device of a process that died counts as offline.
FRESH_SECONDS = EVERY_SECONDS + 30.0


class Due(NamedTuple):
    """Who is due: ``came`` and ``stayed`` as seen, ``gone`` since the moments that are given."""

    came: list[UUID]
    stayed: list[UUID]
    gone: dict[UUID, float]


@dataclass(slots=True)
class Watch:
    """What one process has seen of its devices; times are seconds of any steady clock."""

    _came_at: dict[UUID, float] = field(default_factory=dict)
    _written_at: dict[UUID, float] = field(default_factory=dict)
    _left_at: dict[UUID, float] = field(default_factory=dict)
    _connected: set[UUID] = field(default_factory=set)

    def look(self, connected: Collection[UUID], *, now: float) -> Due:
        """Returns who is due to be written."""
        here = set(connected)
        for device_id in self._connected - here:
            self._left_at[device_id] = now
        for device_id in here:
            self._left_at.pop(device_id, None)
        self._connected = here
        return Due(
            came=[one for one in here if one not in self._came_at],
            stayed=[one for one in here if self._is_over(self._written_at, one, now)],
            gone={one: left for one, left in self._left_at.items() if self._is_gone(one, now)},
        )

    def wrote(self, due: Due, *, now: float) -> None:
        """Notes what was written; what could not be is due again at the next look."""
        self._came_at.update(dict.fromkeys(due.came, now))
        self._written_at.update(dict.fromkeys(due.came + due.stayed, now))
        for device_id in due.gone:
            for times in (self._came_at, self._written_at, self._left_at):
                times.pop(device_id, None)

    def _is_gone(self, device_id: UUID, now: float) -> bool:
        if device_id not in self._came_at:  # it was here for a moment, and never written
            return True
        has_left = now - self._left_at[device_id] >= LINGER_SECONDS
        return has_left and self._is_over(self._came_at, device_id, now)

    def _is_over(self, times: dict[UUID, float], device_id: UUID, now: float) -> bool:
        at = times.get(device_id)
        return at is not None and now - at >= EVERY_SECONDS
