-- Returns the replication id of this server.

return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or 'unknown'
