"""Whether Redis can be reached, judged from all connections to it; one log line per change."""

from collections.abc import Callable

import structlog

from app.realtime.metrics import Meters

log = structlog.get_logger()


class RedisContact:
    """Collects what the connections report and tells ``changed`` when it makes a difference.

    A connection that broke is no outage yet: it is made again at once, mostly unnoticed. It is one
    when that fails; and it lasts until every connection works again.
    """

    def __init__(
        self, address: str, changed: Callable[[bool], None], *, meters: Meters | None = None
    ) -> None:
        self.address = address
        self.meters = meters or Meters()
        self._known: set[str] = set()
        self.is_degraded = False
        self._changed = changed
        self._broken: set[str] = set()
        self._away: dict[str, str] = {}

    @property
    def detail(self) -> str:
        """What to tell a caller whose action has failed: what is away, where, and why."""
        reason = next(iter(self._away.values()), "connection lost")
        return f"Redis at {self.address} is away: {reason}"

    def is_lost(self, connection: str) -> bool:
        """Tells whether ``connection`` is away."""
        return connection in self._away

    def broken(self, connection: str) -> None:
        """Learns that ``connection`` ended and is about to be made again."""
        self._broken.add(connection)

    def lost(self, connection: str, reason: str) -> None:
        """Learns that ``connection`` cannot be made, or is of no use."""
        self._away[connection] = reason
        if not self.is_degraded:
            self.is_degraded = True
            log.warning("redis.away", address=self.address, reason=reason)
            self._changed(True)

    def forget(self, connection: str) -> None:
        """Learns that ``connection`` is not needed any more, be it there or away."""
        self._known.discard(connection)
        self.made(connection)
        self._known.discard(connection)

    def made(self, connection: str) -> None:
        """Learns that ``connection`` works."""
        if connection in self._known and connection in self._broken:
            self.meters.reconnected(connection.partition(" ")[0])  # without the node of a Cluster
        self._known.add(connection)
        self._away.pop(connection, None)
        self._broken.discard(connection)
        if self.is_degraded and not self._away and not self._broken:
            self.is_degraded = False
            log.info("redis.back", address=self.address)
            self._changed(False)
