"""How a caller stands with a limit, and how they are told."""

import math
from dataclasses import dataclass
from functools import lru_cache

from limits import RateLimitItem


@dataclass(slots=True)
class Standing:
    """How a caller stands with one limit after a call: what is left, and when there is more."""

    item: RateLimitItem
    allowed: bool
    remaining: int
    more_seconds: float

    @property
    def policy(self) -> str:
        """The entry of ``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers)."""
        return _told(self.item)[1]

    @property
    def state(self) -> str:
        """The entry of ``RateLimit``."""
        return f"{_told(self.item)[0]};r={self.remaining};t={math.ceil(self.more_seconds)}"


@lru_cache(maxsize=1024)
def _told(item: RateLimitItem) -> tuple[str, str]:
    """Returns the name of a policy, a string of RFC 9651, and its entry."""
    amount, seconds = item.amount, item.get_expiry()
    name = f'"{amount}-in-{seconds}"'
    return name, f"{name};q={amount};w={seconds}"


def standing_of(
    item: RateLimitItem,
    allowed: bool,
    former: int,
    former_seconds: float,
    spent: int,
    spent_seconds: float,
) -> Standing:
    """Returns where a call leaves its caller: counts of two windows, and how long they count."""
    window = item.get_expiry()
    used = math.floor(former * former_seconds / window) + spent
    # The former window gives back one at a time; when it is gone, this one begins to.
    more_seconds = spent_seconds % window
    if former and former_seconds:
        more_seconds = min(former_seconds % (window / former), more_seconds)
    return Standing(item, allowed, max(0, item.amount - used), more_seconds)
