"""One call counted against one limit, in one round trip to Redis.

The algorithm and the keys are those of the sliding window of ``limits``, which tells only whether
a call is allowed; how much is left would be a second round trip on every request.
"""

from typing import Any
from typing import Final

from limits import RateLimitItem
from limits.aio.storage import RedisStorage

from app.web.standing import Standing
from app.web.standing import standing_of

# The counter of a window lives for two: the former one still counts, less and less.
SPEND: Final = """
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local life = redis.call('PTTL', KEYS[2])
if life > 0 and life < window then
    redis.call('RENAME', KEYS[2], KEYS[1])
    redis.call('SET', KEYS[2], 0, 'PX', life + window)
end
local former = tonumber(redis.call('GET', KEYS[1])) or 0
local former_life = math.max(0, redis.call('PTTL', KEYS[1]))
local spent = tonumber(redis.call('GET', KEYS[2])) or 0
local allowed = 0
if math.floor(former * former_life / window) + spent + 1 <= limit then
    allowed = 1
    spent = spent + 1
    if redis.call('EXISTS', KEYS[2]) == 1 then
        redis.call('INCR', KEYS[2])
    else
        redis.call('SET', KEYS[2], 1, 'PX', 2 * window)
    end
end
return {allowed, former, former_life, spent, math.max(0, redis.call('PTTL', KEYS[2]))}
"""


class SharedWindow:
    """Counts in Redis, for all processes."""

    def __init__(self, storage: RedisStorage) -> None:
        self._storage = storage
        bridge: Any = storage.bridge
        self._bridge = bridge
        self._script = bridge.get_connection().register_script(SPEND)

    async def spend(self, item: RateLimitItem, *who: str) -> Standing:
        """Counts one call, unless there is nothing left for it.

        Raises:
            RedisError: Redis is away; so do OSError and TimeoutError.
        """
        storage, key = self._storage, item.key_for(*who)
        names = (storage._previous_window_key(key), storage._current_window_key(key))
        keys = [self._bridge.prefixed_key(name) for name in names]
        told = await self._script(keys, [item.amount, 1000 * item.get_expiry()])
        allowed, former, former_ms, spent, spent_ms = map(int, told)
        return standing_of(item, bool(allowed), former, former_ms / 1000, spent, spent_ms / 1000)
