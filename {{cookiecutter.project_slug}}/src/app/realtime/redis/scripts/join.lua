-- Counts a connection as there; a connection belongs to one user for life.
-- KEYS: connections, users, version, the node's entries, lingering. Returns the snapshot.

local channel, entry, connection, node = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local user, meta, members_max = ARGV[5], ARGV[6], ARGV[7]

local is_new = redis.call('HSET', KEYS[1], connection, node .. '\n' .. user) == 1
redis.call('SADD', KEYS[4], entry)
redis.call('ZREM', KEYS[5], entry)
if is_new then
    announce(channel, KEYS[3], KEYS[2], {arrive(KEYS[2], user, meta)}, {})
end
return snapshot(KEYS[3], KEYS[2], members_max)
