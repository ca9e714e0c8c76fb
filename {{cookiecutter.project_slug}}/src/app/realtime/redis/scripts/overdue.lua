-- Tells which nodes are dead. KEYS: nodes, and the lock if it is to be taken.
-- Returns them, or nothing when another one has the lock.

local lock_ms = ARGV[1]

if KEYS[2] and not redis.call('SET', KEYS[2], '1', 'NX', 'PX', lock_ms) then
    return nil
end
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now_ms()))
