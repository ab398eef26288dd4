-- Microseconds since 1970, by the one clock that all replicas share.
local function clock()
    local time = redis.call('TIME')
    return time[1] * 1000000 + time[2]
end
