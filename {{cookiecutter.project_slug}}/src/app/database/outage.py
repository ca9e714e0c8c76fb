"""Whether PostgreSQL is there: told in the log when that changes, and to callers as one error."""

import structlog

from app.errors import Unavailable

RETRY_AFTER_SECONDS = 2.0

log = structlog.get_logger()


class Outage:
    """What one process knows of its database; an outage is one line, not one per request."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._is_on = False

    def begins(self, reason: str, *, is_cut: bool = False) -> Unavailable:
        """Returns the error for a server that is away; the first one is logged.

        ``is_cut`` says that it was there until a moment ago.
        """
        if not self._is_on:
            log.error("postgresql_unavailable", where=self.where, reason=reason)
        self._is_on = True
        return Unavailable(
            "The database is not available.", after_seconds=RETRY_AFTER_SECONDS, is_cut=is_cut
        )

    def busy(self, reason: str) -> Unavailable:
        """Returns the error for a server that is there and took too long over this."""
        log.warning("postgresql_busy", where=self.where, reason=reason)
        return Unavailable("The database is busy.", after_seconds=RETRY_AFTER_SECONDS)

    def ends(self) -> None:
        """Notes that the server answers; the first time after an outage is logged."""
        if self._is_on:
            log.info("postgresql_available", where=self.where)
        self._is_on = False
