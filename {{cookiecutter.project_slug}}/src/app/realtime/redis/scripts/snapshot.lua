-- Returns who is on a topic. KEYS: users, version.

return snapshot(KEYS[2], KEYS[1], ARGV[1])
