"""What a returning subscriber is given: everything since it left, or a reason why not.

Pure decisions over values. History is what the log held when it was read, the buffer is what was
announced since before that reading; between them they have every message up to the topic's
position, or something is broken and the log must be read again.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Position

Reason = Literal["epoch", "trimmed", "too_many", "cursor"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much may be recovered at once; more is not recovered at all.

    ``overhead_bytes`` are what the connection adds to each message.
    """

    messages: int
    size_bytes: int
    overhead_bytes: int = 0


class Budget:
    """How much of the logs one request may have in memory, however many topics it is about."""

    __slots__ = ("left_bytes",)

    def __init__(self, max_bytes: int) -> None:
        self.left_bytes = max_bytes

    def take(self, size_bytes: int) -> bool:
        """Takes so much of it, or nothing when there is less; tells which."""
        if size_bytes > self.left_bytes:
            return False
        self.left_bytes -= size_bytes
        return True


@dataclass(frozen=True, slots=True)
class Recovered:
    """Every message after the one the subscriber had; ``messages`` rise without a hole."""

    messages: Sequence[Entry]
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Lost:
    """Some messages cannot be given; the subscriber is told why and starts at the top."""

    reason: Reason


def recover(
    since: Position,
    *,
    top: Position,
    history: History,
    buffered: Iterable[Entry],
    allowance: Allowance,
) -> Recovered | Lost | None:
    """Judges what a subscriber that had ``since`` gets, now that its topic is at ``top``.

    1. Another epoch, or a place above the top: what it had does not belong to this log.
    2. The log begins after the place: trimmed.
    3. More than the allowance: too many, and no partial recovery.
    4. A hole between history and buffer: None, the log must be read again.
    """
    if since.epoch != top.epoch or since.offset > top.offset:
        return Lost("epoch")
    if top.offset - since.offset > allowance.messages:
        return Lost("too_many")
    if history.top.offset > since.offset and _begins_after(history, since.offset + 1):
        return Lost("trimmed")
    merged = {entry.offset: entry for entry in (*history.entries, *buffered)}
    wanted = range(since.offset + 1, top.offset + 1)
    if any(offset not in merged for offset in wanted):
        return None
    messages = [merged[offset] for offset in wanted]
    size_bytes = sum(len(entry.data) + allowance.overhead_bytes for entry in messages)
    if size_bytes > allowance.size_bytes:
        return Lost("too_many")
    return Recovered(messages, size_bytes)


def latest(since: Position | None, *, top: Position, newest: Entry | None) -> Recovered | Lost:
    """Judges the same for a topic of which only ``newest`` is kept: that is all it can want.

    Without ``since`` it gets the newest value as well. A place elsewhere, or above the top, is
    answered as on any topic; the value follows then.
    """
    if since is not None and (since.epoch != top.epoch or since.offset > top.offset):
        return Lost("epoch")
    if newest is None or (since is not None and since.offset >= newest.offset):
        return Recovered(())
    return Recovered((newest,), len(newest.data))


def _begins_after(history: History, offset: int) -> bool:
    return not history.entries or history.entries[0].offset > offset
