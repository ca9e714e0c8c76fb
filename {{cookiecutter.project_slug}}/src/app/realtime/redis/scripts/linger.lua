-- Lets an entry end in a while; any node's janitor ends it. KEYS: connections, lingering.

local entry, connection, linger_ms = ARGV[1], ARGV[2], ARGV[3]

if redis.call('HEXISTS', KEYS[1], connection) == 1 then
    redis.call('ZADD', KEYS[2], string.format('%.0f', now_ms() + tonumber(linger_ms)), entry)
end
