-- What bounds a line at present: less than its limit says while that is lent to edges, or calls go badly.

-- `rl:{domain}:` and the id of the limit in a counter's key.
local function parts(counter)
    return string.match(counter, '^(rl:{[^}]*}:)c:([^:]*)')
end

-- What is lent to edges at present cannot be used here.
local function lent(counter)
    local prefix, id = parts(counter)
    local sum = 0
    for _, loans in ipairs(redis.call('HVALS', prefix .. 'q:' .. id)) do
        local _, _, most = loans_of.read(loans, now)
        sum = sum + most
    end
    return sum
end

local function factor(counter)
    local prefix, id = parts(counter)
    return tonumber(redis.call('HGET', prefix .. 'f:' .. id, 'factor') or 1)
end

-- At least one unit, and not one too few for a factor that is no exact double.
local function scaled(units, by)
    return math.max(1, math.floor(units * by + 1e-9))
end

local function bound(line)
    local capacity, rate = line.most, line.pace
    if line.lent then
        local units = lent(line.key)
        capacity, rate = math.max(0, capacity - units), math.max(1, rate - units)
    end
    if line.adaptive then
        local by = factor(line.key)
        capacity, rate = scaled(capacity, by), scaled(rate, by)
    end
    line.capacity, line.rate = capacity, rate
end
