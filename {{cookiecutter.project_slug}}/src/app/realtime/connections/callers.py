"""What callers without a connection may take: the same rates, counted for each of them."""

from collections import OrderedDict
from uuid import UUID

from app.realtime.connections.limits import InboundLimits
from app.realtime.connections.limits import InboundRate
from app.settings import RealtimeSettings

REMEMBERED_MAX = 10_000


class Caller:
    """One caller's commands over HTTP; ``running`` counts those that are not answered yet."""

    __slots__ = ("rate", "running")

    def __init__(self, rate: InboundRate) -> None:
        self.rate = rate
        self.running = 0


class Callers:
    """Those that sent commands over HTTP lately; the least recent is forgotten first.

    In this process alone: as with sockets, a caller gets the rate once for each process it reaches.
    """

    def __init__(self, settings: RealtimeSettings) -> None:
        self._settings = settings
        self._callers: OrderedDict[UUID, Caller] = OrderedDict()
        self.running = 0

    def find(self, caller_id: UUID, limits: InboundLimits | None, *, now: float) -> Caller:
        """Returns what is known of a caller; ``limits`` are those of its kind, if it has any."""
        caller = self._callers.get(caller_id)
        if caller is None:
            caller = self._callers[caller_id] = Caller(InboundRate(self._settings, now=now))
            if limits is not None:
                caller.rate.hold_to(limits, now=now)
            if len(self._callers) > REMEMBERED_MAX:
                self._callers.popitem(last=False)
        self._callers.move_to_end(caller_id)
        return caller
