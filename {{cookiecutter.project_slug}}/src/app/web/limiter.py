"""Counts calls against limits: in Redis for all processes, in memory while Redis is away."""

import math
import time
from collections.abc import Callable
from functools import cache

import structlog
from limits import RateLimitItem
from limits import parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from app.errors import TooMany
from app.settings import RedisSettings
from app.web.shared_counts import SharedCounts

AWAY_SECONDS = 5.0

log = structlog.get_logger()


class RateExceeded(TooMany):
    """A caller is over a declared limit; ``policy`` is that limit in the terms of its header."""

    def __init__(self, detail: str = "", *, after_seconds: float, policy: str) -> None:
        super().__init__(detail, after_seconds=after_seconds)
        self.policy = policy


class Limiter:
    """Spends what callers may do.

    A window slides: what was spent in the last one still counts, the less the longer ago. While
    Redis is away each process counts for itself, so that callers may get a multiple of the limit
    (as many times as there are processes) but never a service without limits.
    """

    def __init__(
        self, settings: RedisSettings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._away_until = -math.inf
        self._local = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._storage = SharedCounts(settings) if settings.url else None
        self._shared = (
            SlidingWindowCounterRateLimiter(self._storage.storage) if self._storage else None
        )

    async def spend(self, rate: str, *who: str) -> None:
        """Counts one call by ``who`` (route and caller, say) against each limit in ``rate``.

        Raises:
            RateExceeded: one of them is used up.
        """
        for item in parsed(rate):
            limiter = self._limiter()
            try:
                allowed = await limiter.hit(item, *who)
            except (RedisError, OSError, TimeoutError) as error:
                limiter = self._give_up_on_redis(error)
                allowed = await limiter.hit(item, *who)
            if not allowed:
                raise await self._exceeded(limiter, item, who)

    async def close(self) -> None:
        """Closes the connections to Redis."""
        if self._storage is not None:
            await self._storage.close()

    def _limiter(self) -> SlidingWindowCounterRateLimiter:
        if self._shared is None or self._clock() < self._away_until:
            return self._local
        return self._shared

    def _give_up_on_redis(self, error: Exception) -> SlidingWindowCounterRateLimiter:
        # Without the pause every request would wait for Redis to time out.
        self._away_until = self._clock() + AWAY_SECONDS
        log.warning("rate_limits_in_memory", reason=type(error).__name__, seconds=AWAY_SECONDS)
        return self._local

    async def _exceeded(
        self, limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, who: tuple[str, ...]
    ) -> RateExceeded:
        try:
            reset_at, _ = await limiter.get_window_stats(item, *who)
            after_seconds = min(max(reset_at - time.time(), 1.0), float(item.get_expiry()))
        except (RedisError, OSError, TimeoutError):
            after_seconds = float(item.get_expiry())
        return RateExceeded(
            f"{item.amount} in {item.get_expiry()} seconds are allowed",
            after_seconds=after_seconds,
            policy=policy(item),
        )


@cache
def parsed(rate: str) -> tuple[RateLimitItem, ...]:
    """Returns the limits in a declaration.

    Raises:
        ValueError: it is none.
    """
    return tuple(parse_many(rate))


def policy(item: RateLimitItem) -> str:
    """Returns a limit in the form of the header ``RateLimit-Policy``."""
    return f'"{item.amount}-in-{item.get_expiry()}";q={item.amount};w={item.get_expiry()}'
