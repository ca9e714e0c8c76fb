"""How far a recoverable topic has been fanned out in this process, and what may be missing.

    idle      nobody has read the log yet
    live      announcements continue the log without a hole
    suspect   something may be missing: what arrives is held until the log has been read

Pure and synchronous: what has to be awaited (reading the log) is done by others, who hand a
``Reading`` back. Offsets are the only detector of loss, so every path ends in one of two ways:
the hole is filled, or every subscriber is told of a gap before anything newer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.realtime.backplane import NOWHERE
from app.realtime.backplane import Entry
from app.realtime.backplane import History
from app.realtime.backplane import Position

State = Literal["idle", "live", "suspect"]
GapReason = Literal["epoch", "lost", "overflow"]


# Late announcements are told from new epochs by these. Should one pass all the same, the next
# reading of the log has the last word.
ENDED_EPOCHS = 8
UNBOUNDED_BYTES = 2**63


@dataclass(frozen=True, slots=True)
class Reading:
    """What a look into the log found, and how often the topic had been suspected before it."""

    history: History
    suspicions: int


class TopicLog:
    """The offsets of one topic.

    ``advance`` is called with each entry in offset order, ``gap`` with the place from which it goes
    on after a loss; both before the position is visible to anybody else.
    """

    __slots__ = ("_advance", "_ended_epochs", "_gap", "_held", "_held_max", "position", "state",
                 "suspicions")  # fmt: skip

    def __init__(
        self,
        advance: Callable[[Position, Entry], None],
        gap: Callable[[Position, GapReason], None],
        *,
        held_max: int,
    ) -> None:
        self._advance = advance
        self._gap = gap
        self._held: list[tuple[str, Entry]] = []
        self._held_max = held_max
        self._ended_epochs: tuple[str, ...] = ()
        self.position = NOWHERE
        self.state: State = "idle"
        self.suspicions = 0

    def receive(self, epoch: str, entry: Entry) -> None:
        """Takes one announcement; afterwards the topic is suspect when it leaves a hole.

        1. Not live: hold it until the log has been read.
        2. An epoch that has ended: late, drop it.
        3. A new epoch: a gap, then the message.
        4. At or below the position: seen already.
        5. The next offset: fan out. Anything above: a hole.
        """
        if self.state != "live":
            self._hold(epoch, entry)
            return
        if epoch != self.position.epoch:
            if epoch in self._ended_epochs:
                return
            self._continue_from(Position(epoch, entry.offset - 1), "epoch")
        if self._goes_on_with(entry):
            self._append(entry)
        elif entry.offset > self.position.offset:
            self.suspect()
            self._hold(epoch, entry)

    def suspect(self) -> None:
        """Learns that announcements may have been lost; readings begun before now do not count."""
        self.suspicions += 1
        if self.state == "live":
            self.state = "suspect"

    def compare(self, top: Position | None) -> None:
        """Takes the top of the log, read in passing; None when the log is gone."""
        if self.state == "live" and (top is None or top != self.position):
            is_behind_us = (
                top is not None
                and top.epoch == self.position.epoch
                and top.offset < self.position.offset
            )
            # Announcements may overtake the reply that carries the top: that is no loss.
            if not is_behind_us:
                self.suspect()

    def absorb(self, reading: Reading) -> bool:
        """Takes a reading made for a subscriber; False when it is too old to judge by.

        Whatever it has beyond the position is fanned out to all. Where it leaves a hole the topic
        turns suspect and is read again; nobody is told of a gap for that.
        """
        is_current = reading.suspicions == self.suspicions
        if not self._accept_epoch(reading.history, is_current):
            return False
        self._take_entries(reading.history)
        if self.position.offset >= reading.history.top.offset:
            self._clear(is_current)
        elif self.state == "live":
            self.suspect()
        return True

    def catch_up(
        self, reading: Reading, *, entries_max: int, max_bytes: int = UNBOUNDED_BYTES
    ) -> bool:
        """Takes the reading made to end a suspicion; False when another one is needed.

        What it cannot fill is lost, and every subscriber is told. So they are when it holds more
        than ``max_bytes``: fanned out at once it would close them all for being slow.
        """
        if self.state != "suspect":
            return True
        if reading.suspicions != self.suspicions:
            return False
        self._accept_epoch(reading.history, True)
        entries = reading.history.entries
        too_many = len(entries) > entries_max or sum(len(one.data) for one in entries) > max_bytes
        if not too_many:
            self._take_entries(reading.history)
        if self.position.offset != reading.history.top.offset:
            self._continue_from(reading.history.top, "overflow" if too_many else "lost")
        self._clear(True)
        return not self._needs_reading()

    def _accept_epoch(self, history: History, is_current: bool) -> bool:
        if self.state == "idle":
            self.position = self._start_of(history)
        elif history.top.epoch != self.position.epoch:
            if not is_current:
                return False
            self._continue_from(self._start_of(history), "epoch")
        return True

    def _goes_on_with(self, entry: Entry) -> bool:
        return entry.offset == self.position.offset + 1

    def _start_of(self, history: History) -> Position:
        return history.top

    def _take_entries(self, history: History) -> None:
        for entry in history.entries:
            if self._goes_on_with(entry):
                self._append(entry)

    def _clear(self, is_current: bool) -> None:
        if not is_current:
            if self.state == "idle":
                self.state = "suspect"
            return
        self.state = "live"
        held, self._held = self._held, []
        for epoch, entry in held:
            self.receive(epoch, entry)

    def _append(self, entry: Entry) -> None:
        self.position = Position(self.position.epoch, entry.offset)
        self._advance(self.position, entry)

    def _continue_from(self, position: Position, reason: GapReason) -> None:
        if position.epoch != self.position.epoch:
            # A reading that is on its way may be of the epoch that ends here.
            self.suspicions += 1
            ended = (self.position.epoch, *self._ended_epochs)
            self._ended_epochs = tuple(one for one in ended if one != position.epoch)[:ENDED_EPOCHS]
        self.position = position
        self._gap(position, reason)

    def _needs_reading(self) -> bool:
        return self.state != "live"

    def _hold(self, epoch: str, entry: Entry) -> None:
        # Forgetting what is held is safe: the reading that ends the suspicion has it, or its
        # successor shows the hole again.
        if len(self._held) >= self._held_max:
            self._held.clear()
        self._held.append((epoch, entry))
