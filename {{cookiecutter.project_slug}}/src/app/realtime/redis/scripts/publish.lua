-- Appends one message to a topic's log and announces it.
-- KEYS: meta, log, and the idempotency key if there is one.
-- Returns {epoch, offset, 1 when the key had been used, replication id if looked up}.

local channel, data, messages, seconds = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local seen, fresh_epoch, key_seconds = ARGV[5], ARGV[6], ARGV[7]

if KEYS[3] then
    local used = redis.call('GET', KEYS[3])
    if used then
        local epoch, offset = string.match(used, '^(%w+)|(%d+)$')
        return {epoch, offset, 1, ''}
    end
end

local epoch, _, looked_up = current_epoch(KEYS[1], KEYS[2], seen, fresh_epoch, seconds)
local offset = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'top', 1))
redis.call('XADD', KEYS[2], 'MAXLEN', '=', messages, offset .. '-0', 'd', data)
redis.call('EXPIRE', KEYS[2], seconds)
if KEYS[3] then
    redis.call('SET', KEYS[3], epoch .. '|' .. offset, 'EX', key_seconds)
end
redis.call(ANNOUNCE, channel, 'm' .. offset .. '|' .. epoch .. '|' .. data)
return {epoch, offset, 0, looked_up}
