-- Tells which entries of a partition have lingered long enough. KEYS: lingering.

local entries_max = ARGV[1]

local now = string.format('%.0f', now_ms())
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, entries_max)
