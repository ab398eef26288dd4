-- A list of instants, each with the sum of all units up to it, so that the units of a span are one subtraction. The
-- first entry is the last one that has left the window.
local sliding_log = {}

local function read(entry)
    return struct.unpack('<dd', entry)
end

-- Drops what has left the window; returns the newest instant, its sum, and the sum before the window.
local function recent(key, now, window)
    local first, second = unpack(redis.call('LRANGE', key, 0, 1))
    if not first then
        return nil
    end
    while second and read(second) <= now - window do
        redis.call('LPOP', key)
        first = second
        second = redis.call('LINDEX', key, 1)
    end
    local _, base = read(first)
    local at, sum = read(redis.call('LINDEX', key, -1))
    return at, sum, base
end

-- How long until so many units have left the window.
local function until_left(key, now, window, base, over)
    for _, entry in ipairs(redis.call('LRANGE', key, 1, over)) do
        local at, sum = read(entry)
        if sum - base >= over then
            return at + window - now
        end
    end
    return window
end

function sliding_log.look(key, now, terms)
    local at, sum, base = recent(key, now, terms.window)
    local used = at and sum - base or 0
    local over = used + terms.units - terms.capacity
    local retry = 0
    if terms.units > terms.capacity then
        retry = NEVER
    elseif over > 0 then
        retry = until_left(key, now, terms.window, base, over)
    end
    return over <= 0, used, retry, used > 0 and at + terms.window - now or 0, 0, at, sum
end

function sliding_log.take(key, now, terms, at, sum)
    if not at then
        redis.call('RPUSH', key, struct.pack('<dd', 0, 0), struct.pack('<dd', now, terms.units))
    elseif at >= now and redis.call('LLEN', key) > 1 then
        redis.call('LSET', key, -1, struct.pack('<dd', at, sum + terms.units))
    else
        redis.call('RPUSH', key, struct.pack('<dd', now, sum + terms.units))
    end
    keep_at_least(key, terms.window)
    return math.max(at or 0, now) + terms.window - now
end

function sliding_log.refund(key, now, terms, units, at)
    if not recent(key, now, terms.window) then
        return
    end
    local entries = redis.call('LRANGE', key, 0, -1)
    local found = false
    for place = 2, #entries do
        local noted, sum = read(entries[place])
        found = found or noted == at
        if found then
            redis.call('LSET', key, place - 1, struct.pack('<dd', noted, sum - units))
        end
    end
end
