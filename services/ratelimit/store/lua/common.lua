-- Whole numbers in doubles: exact below 2^53. fmod is exact where a division is not.
local NEVER = -1

local function floor_div(a, b)
    return (a - math.fmod(a, b)) / b
end

local function ceil_div(a, b)
    local rest = math.fmod(a, b)
    return (a - rest) / b + (rest > 0 and 1 or 0)
end

-- The key of another kind about the same subject as a counter's.
local function beside(counter, kind)
    return (string.gsub(counter, '}:c:', '}:' .. kind .. ':', 1))
end

-- Keeps a key for a span in microseconds, and a little longer.
local function keep(key, span)
    redis.call('PEXPIRE', key, math.ceil(span / 1000) + 1000)
end

-- The same, for a key that is written again and again: to look is cheaper than to write.
local function keep_at_least(key, span)
    if redis.call('PTTL', key) < math.ceil(span / 1000) + 500 then
        keep(key, span)
    end
end

local function put(key, value, span)
    redis.call('SET', key, value, 'PX', math.ceil(span / 1000) + 1000)
end
