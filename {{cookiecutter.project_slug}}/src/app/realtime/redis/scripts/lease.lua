-- Takes or renews a node's lease. KEYS: nodes.
-- A lease that has run out is not renewed: others may be ending the node's entries, so the node has
-- to come back under another id. Returns 1 when the lease is held.

local node, lease_ms, is_first = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'

local ends = redis.call('ZSCORE', KEYS[1], node)
if not is_first and not (ends and tonumber(ends) > now_ms()) then
    return 0
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now_ms() + lease_ms), node)
return 1
