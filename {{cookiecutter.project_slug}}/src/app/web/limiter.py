"""Counts calls against limits: in Redis for all processes, in memory while Redis is away."""

import math
import time
from collections.abc import Callable
from collections.abc import Sequence
from functools import cache
from typing import Final

import structlog
from limits import RateLimitItem
from limits import parse_many
from redis.exceptions import RedisClusterException
from redis.exceptions import RedisError

from app.errors import TooMany
from app.errors import Unavailable
from app.settings import RedisSettings
from app.web.meters import WebMeters
from app.web.own_window import OwnWindow
from app.web.shared_counts import SharedCounts
from app.web.standing import Standing
from app.web.window import SharedWindow

AWAY_SECONDS: Final = 5.0
# A Cluster of which no node answers is, with redis-py, no `RedisError`.
AWAY: Final = (RedisError, RedisClusterException, OSError, TimeoutError)

log = structlog.get_logger()


class RateExceeded(TooMany):
    """A caller is over a declared limit; ``standing`` is how they stand with it."""

    def __init__(self, standing: Standing) -> None:
        item = standing.item
        super().__init__(
            f"{item.amount} in {item.get_expiry()} seconds are allowed",
            after_seconds=max(standing.more_seconds, 1.0),
        )
        self.standing = standing


class Limiter:
    """Spends what callers may do.

    A window slides: what was spent in the last one still counts, the less the longer ago. While
    Redis is away each process counts for itself, so that callers may get a multiple of the limit
    (as many times as there are processes) but never a service without limits. What must not get
    more, as an attempt at a password, is refused meanwhile (``only_shared``).
    """

    def __init__(
        self,
        settings: RedisSettings,
        *,
        meters: WebMeters | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._meters = meters or WebMeters()
        self._away_until = -math.inf
        self._own = OwnWindow()
        self._storage = SharedCounts(settings) if settings.url else None
        self._shared = SharedWindow(self._storage.storage) if self._storage else None

    @property
    def is_alone(self) -> bool:
        """Whether this process counts for itself, since there is no Redis at all."""
        return self._shared is None

    def spend_here(self, rate: str, *who: str) -> Sequence[Standing]:
        """Counts in the memory of this process, where nothing is waited for.

        Raises:
            RateExceeded: one of the limits is used up.
        """
        return [self._allowed(self._own.spend(item, *who)) for item in parsed(rate)]

    async def spend(self, rate: str, *who: str, only_shared: bool = False) -> Sequence[Standing]:
        """Counts one call by ``who`` (route and caller, say) against each limit in ``rate``.

        Raises:
            RateExceeded: one of them is used up.
            Unavailable: ``only_shared``, and Redis is away.
        """
        spend = self._spend
        return [
            self._allowed(await spend(item, who, only_shared=only_shared)) for item in parsed(rate)
        ]

    def _allowed(self, standing: Standing) -> Standing:
        if not standing.allowed:
            self._meters.limited.inc()
            raise RateExceeded(standing)
        return standing

    async def close(self) -> None:
        """Closes the connections to Redis."""
        if self._storage is not None:
            await self._storage.close()

    async def _spend(
        self, item: RateLimitItem, who: tuple[str, ...], *, only_shared: bool
    ) -> Standing:
        if self._shared is None:
            return self._own.spend(item, *who)
        if self._clock() >= self._away_until:
            try:
                return await self._shared.spend(item, *who)
            except AWAY as error:
                self._give_up_on_redis(error)
        if only_shared:
            self._meters.closed.inc()
            raise Unavailable("attempts cannot be counted", after_seconds=AWAY_SECONDS)
        self._meters.counted_alone.inc()
        return self._own.spend(item, *who)

    def _give_up_on_redis(self, error: Exception) -> None:
        # Without the pause every request would wait for Redis to time out.
        self._away_until = self._clock() + AWAY_SECONDS
        log.warning("rate_limits_in_memory", reason=type(error).__name__, seconds=AWAY_SECONDS)


@cache
def parsed(rate: str) -> tuple[RateLimitItem, ...]:
    """Returns the limits in a declaration.

    Raises:
        ValueError: it is none.
    """
    return tuple(parse_many(rate))
