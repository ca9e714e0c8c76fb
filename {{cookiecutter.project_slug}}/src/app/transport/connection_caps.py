"""How many connections a process keeps open at once, of everybody and of one address.

Neither server has such a bound: each connection costs a descriptor, and when those are used up the
process can no longer open a file or reach its database, and logs that thousands of times a second.
What is refused here costs one small write.
"""

import time
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

import structlog

from app.transport.server_answers import Headers
from app.transport.server_answers import refusal

TELL_SECONDS = 10.0
# Of all servers of this process, by what was used up: all connections, or those of one address.
_refused: Counter[str] = Counter(process=0, address=0)

log = structlog.get_logger()


def refused_connections() -> dict[str, int]:
    """Returns how many connections this process has refused, by reason."""
    return dict(_refused)


class ConnectionCaps:
    """Counts the connections of one server; ``refusal`` is for one too many.

    ``per_address`` of None is for a process behind a proxy, whose connections all come from there.
    """

    def __init__(
        self,
        *,
        total: int,
        per_address: int | None,
        headers: Headers = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._per_address = per_address
        again = (b"retry-after", b"1")
        self.refusal = refusal(HTTPStatus.SERVICE_UNAVAILABLE, (again, *headers))
        self._clock = clock
        self._open = 0
        self._addresses: Counter[str] = Counter()
        self._refused = 0
        self._told_at = -TELL_SECONDS

    def admit(self, address: str) -> bool:
        """Counts one more connection, unless that is one too many; `release` must follow."""
        if self._open >= self._total:
            self._refuse("process")
            return False
        if self._per_address is not None and self._addresses[address] >= self._per_address:
            self._refuse("address")
            return False
        self._open += 1
        self._addresses[address] += 1
        return True

    def release(self, address: str) -> None:
        """Counts one connection less."""
        self._open -= 1
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]

    def _refuse(self, reason: str) -> None:
        _refused[reason] += 1
        self._refused += 1
        now = self._clock()
        if now - self._told_at >= TELL_SECONDS:
            # One line in ten seconds: a flood must not become a flood of the log.
            log.warning("connections_refused", refused=self._refused, open=self._open)
            self._told_at, self._refused = now, 0
