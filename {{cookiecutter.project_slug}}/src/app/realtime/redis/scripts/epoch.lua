-- In front of publish and history: which epoch a topic is in, and its newest offset.
--
-- A new epoch begins when the meta key is gone (an emptied server, an eviction) and when the
-- server's replication id is another one than the meta remembers: a failover or a restart may have
-- rolled offsets back, and must not give them out again for other messages.
--
-- `seen` is the replication id as the caller saw it within the last second on this very connection,
-- or empty. Only when it is empty or does not match is the server asked (about 10 us), so two callers
-- with different views cannot flip the epoch to and fro: what the server says itself decides.

local META_SECONDS = 604800

local function replication_id()
    return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or 'unknown'
end

-- Returns the epoch, the newest offset (a string) and the replication id when it was looked up.
local function current_epoch(meta, log, seen, fresh_epoch, window_seconds)
    local known = redis.call('HMGET', meta, 'epoch', 'top', 'replication')
    local looked_up = ''
    if seen == '' or seen ~= known[3] then
        looked_up = replication_id()
        seen = looked_up
    end
    if not known[1] or known[3] ~= seen then
        redis.call('DEL', log)
        redis.call('HSET', meta, 'epoch', fresh_epoch, 'top', '0', 'replication', seen)
        known = {fresh_epoch, '0', seen}
    end
    redis.call('EXPIRE', meta, math.max(META_SECONDS, 2 * tonumber(window_seconds)))
    return known[1], known[2], looked_up
end
