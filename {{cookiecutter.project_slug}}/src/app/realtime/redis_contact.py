"""Whether Redis can be reached, judged from all connections to it; one log line per change."""

from collections.abc import Callable
from urllib.parse import urlsplit

import structlog

log = structlog.get_logger()


def address_of(url: str) -> str:
    """Returns ``url`` fit for a log: no user, no password, no options."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}"
    return f"{parts.scheme}://{parts.hostname or 'localhost'}:{parts.port or 6379}{parts.path}"


class RedisContact:
    """Collects what the connections report and tells ``changed`` when it makes a difference."""

    def __init__(self, address: str, changed: Callable[[bool], None]) -> None:
        self.address = address
        self._changed = changed
        self._away: dict[str, str] = {}

    @property
    def is_degraded(self) -> bool:
        """Whether any connection is away."""
        return bool(self._away)

    @property
    def detail(self) -> str:
        """What to tell a caller whose action has failed: what is away, where, and why."""
        reason = next(iter(self._away.values()), "connection lost")
        return f"Redis at {self.address} is away: {reason}"

    def is_lost(self, connection: str) -> bool:
        """Tells whether ``connection`` is away."""
        return connection in self._away

    def lost(self, connection: str, reason: str) -> None:
        """Learns that ``connection`` cannot be made, or is of no use."""
        was_degraded = self.is_degraded
        self._away[connection] = reason
        if not was_degraded:
            log.warning("redis.away", address=self.address, reason=reason)
            self._changed(True)

    def made(self, connection: str) -> None:
        """Learns that ``connection`` works."""
        was_degraded = self.is_degraded
        self._away.pop(connection, None)
        if was_degraded and not self.is_degraded:
            log.info("redis.back", address=self.address)
            self._changed(False)
