-- Ends entries of one topic and one node, and announces the users that left, all in one diff.
-- KEYS: connections, users, version, the node's entries, lingering.
-- `only_due` is 1 when an entry is to end only if its linger is over: it may have come back.
-- An entry whose connection has come back with another node id is only tidied up.

local channel, node, only_due = ARGV[1], ARGV[2], ARGV[3] == '1'
local left = {}
for i = 4, #ARGV, 2 do
    local entry, connection = ARGV[i], ARGV[i + 1]
    local due = redis.call('ZSCORE', KEYS[5], entry)
    if not only_due or (due and tonumber(due) <= now_ms()) then
        redis.call('ZREM', KEYS[5], entry)
        redis.call('SREM', KEYS[4], entry)
        local known = redis.call('HGET', KEYS[1], connection)
        local holder, user = string.match(known or '', '^([^\n]*)\n(.*)$')
        if holder == node then
            redis.call('HDEL', KEYS[1], connection)
            left[#left + 1] = depart(KEYS[2], user)
        end
    end
end
announce(channel, KEYS[3], KEYS[2], {}, left)
