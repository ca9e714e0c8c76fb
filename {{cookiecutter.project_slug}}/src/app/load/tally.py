"""Who was to see what, and who did."""

from array import array
from collections import Counter

from app.load.plan import Plan
from app.realtime.client import Status
from app.telemetry.latencies import Latencies


class Tally:
    """Counts every delivery by the number in the message, not by what the client made of it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._times_seen = array("I", bytes(4 * plan.messages))
        self._accepted = bytearray(plan.messages)
        self.latencies = Latencies()
        self.failures: Counter[str] = Counter()
        self.delivered = self.duplicated = self.gaps = self.reconnects = self.refused = 0

    def new_reader(self) -> bytearray:
        """Returns what one socket remembers with: a byte for each message of its topic."""
        return bytearray(self._plan.messages_per_topic)

    def see(self, seen: bytearray, number: int, seconds: float) -> None:
        """Counts a message that reached a socket."""
        place = number // self._plan.topics
        if seen[place]:
            self.duplicated += 1
            return
        seen[place] = 1
        self.delivered += 1
        self._times_seen[number] += 1
        self.latencies.add(seconds)

    def accept(self, number: int) -> None:
        """Counts a message that the service has taken: everybody has to see it."""
        self._accepted[number] = 1

    def note_status(self, status: Status) -> None:
        """Counts a connection that ended, and why."""
        if status.state == "reconnecting":
            self.reconnects += 1
            self.failures[status.failure or f"closed with {status.code}"] += 1
        elif status.state == "stopped" and status.code:
            self.failures[f"stopped with {status.code}"] += 1

    @property
    def published(self) -> int:
        """How many messages the service has taken."""
        return sum(self._accepted)

    @property
    def expected(self) -> int:
        """How many deliveries are due."""
        return sum(
            self._plan.listeners(number)
            for number, is_accepted in enumerate(self._accepted)
            if is_accepted
        )

    @property
    def lost(self) -> int:
        """How many of them have not happened."""
        return sum(
            max(0, self._plan.listeners(number) - self._times_seen[number])
            for number, is_accepted in enumerate(self._accepted)
            if is_accepted
        )
