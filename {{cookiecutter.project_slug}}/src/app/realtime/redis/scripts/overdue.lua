-- Tells what a janitor has to do. KEYS: nodes, lingering, and the lock if it is to be taken.
-- Returns {dead nodes, entries that lingered long enough}, or nothing when another one has the lock.

local lock_ms, entries_max = ARGV[1], ARGV[2]

if KEYS[3] and not redis.call('SET', KEYS[3], '1', 'NX', 'PX', lock_ms) then
    return nil
end
local now = string.format('%.0f', now_ms())
return {
    redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now),
    redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, entries_max),
}
