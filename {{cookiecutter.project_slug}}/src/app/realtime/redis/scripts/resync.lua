-- Makes watchers ask again who is there, if the version is not the one that was heard last.
-- An empty step over a number shows as a hole to everybody. KEYS: users, version.

local channel, heard = ARGV[1], ARGV[2]

if current_version(KEYS[2]) ~= heard then
    local version = string.format('%.0f', redis.call('INCRBY', KEYS[2], 2))
    redis.call(ANNOUNCE, channel, 'p{"version":' .. version
        .. ',"count":' .. redis.call('HLEN', KEYS[1]) .. ',"joined":[],"left":[]}')
end
