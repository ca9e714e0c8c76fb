-- In front of the presence scripts: who is on a topic.
--
-- connections   connection -> "<node>\n<user>"
-- users         user -> "<how many connections>\n<meta>"
-- version       of the diffs; begins at the clock (ms), so that an emptied server repeats none
--
-- Users and meta are JSON text that is never parsed here: cjson would turn [] into {}.

local VERSION_SECONDS = 86400

local function now_ms()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function current_version(key)
    redis.call('SET', key, string.format('%.0f', now_ms()), 'NX')
    redis.call('EXPIRE', key, VERSION_SECONDS)
    return redis.call('GET', key)
end

local function member(user, meta)
    return '{"user":' .. user .. ',"meta":' .. meta .. '}'
end

-- Counts one more connection of a user; returns the member if it is the first.
local function arrive(users, user, meta)
    local known = redis.call('HGET', users, user)
    local count = known and tonumber(string.match(known, '^(%d+)\n')) or 0
    redis.call('HSET', users, user, (count + 1) .. '\n' .. meta)
    if count == 0 then
        return member(user, meta)
    end
end

-- Counts one connection of a user less; returns the member if it was the last.
local function depart(users, user)
    local known = redis.call('HGET', users, user)
    if not known then
        return nil
    end
    local count, meta = string.match(known, '^(%d+)\n(.*)$')
    if tonumber(count) > 1 then
        redis.call('HSET', users, user, (tonumber(count) - 1) .. '\n' .. meta)
        return nil
    end
    redis.call('HDEL', users, user)
    return member(user, meta)
end

-- Announces one step of the roster, if anybody joined or left.
local function announce(channel, version_key, users, joined, left)
    if #joined + #left == 0 then
        return
    end
    current_version(version_key)
    local version = string.format('%.0f', redis.call('INCR', version_key))
    redis.call(ANNOUNCE, channel, 'p{"version":' .. version
        .. ',"count":' .. redis.call('HLEN', users)
        .. ',"joined":[' .. table.concat(joined, ',')
        .. '],"left":[' .. table.concat(left, ',') .. ']}')
end

-- Returns {version, count, users and what is known of them}; above the limit without the latter.
local function snapshot(version_key, users, members_max)
    local count = redis.call('HLEN', users)
    local members = false
    if count <= tonumber(members_max) then
        members = redis.call('HGETALL', users)
    end
    return {current_version(version_key), count, members}
end
