-- Reads a topic's log after an offset, beginning an epoch where there is none.
-- KEYS: meta, log. Returns {epoch, newest offset, entries, replication id if looked up}.

local after, limit, seconds, seen, fresh_epoch = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local epoch, top, looked_up = current_epoch(KEYS[1], KEYS[2], seen, fresh_epoch, seconds)
local entries = redis.call('XRANGE', KEYS[2], '(' .. after .. '-0', '+', 'COUNT', limit)
return {epoch, top, entries, looked_up}
