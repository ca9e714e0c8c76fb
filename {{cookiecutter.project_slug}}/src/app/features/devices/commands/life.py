"""The life of a command, as values: what may follow what, and when.

    queued ──> sent ──> acknowledged | failed
       │         └────> timed_out
       └─> expired

A command is ``queued`` until the device has fetched it, ``sent`` until the device has answered.
Whoever asks again after a cut is given it again, with its id, so that a device acts on it once. The
last four states are final: whatever comes later changes nothing.
"""

from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta
from typing import Literal

State = Literal["queued", "sent", "acknowledged", "failed", "timed_out", "expired"]
Outcome = Literal["acknowledged", "failed"]

OPEN: frozenset[State] = frozenset({"queued", "sent"})


@dataclass(frozen=True, slots=True)
class Life:
    """Where a command stands; ``deliveries`` counts how often the device was given it."""

    state: State
    expires_at: datetime
    timeout_seconds: float
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    deliveries: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state not in OPEN

    @property
    def ends_at(self) -> datetime:
        """When it ends by itself: unfetched at its expiry, unanswered when its time is out."""
        if self.sent_at is None:
            return self.expires_at
        return self.sent_at + timedelta(seconds=self.timeout_seconds)

    def at(self, now: datetime) -> "Life":
        """Returns it as it is at a moment: whatever has run out has ended when it ran out."""
        if self.is_over or now < self.ends_at:
            return self
        ended: State = "expired" if self.state == "queued" else "timed_out"
        return replace(self, state=ended, ended_at=self.ends_at)

    def delivered(self, now: datetime) -> "Life":
        """Returns it after the device was given it; the time to answer runs from the first time."""
        life = self.at(now)
        if life.is_over:
            return life
        return replace(
            life, state="sent", sent_at=life.sent_at or now, deliveries=life.deliveries + 1
        )

    def answered(self, outcome: Outcome, now: datetime) -> "Life":
        """Returns it after an answer; what was never fetched, or is over, stays as it is."""
        life = self.at(now)
        if life.state != "sent":
            return life
        return replace(life, state=outcome, ended_at=now)
