-- Replaces the estimate of a reservation (KEYS[1]) by ARGV[1] units; less than 0 cancels it. Returns what became of it.
local UNKNOWN, SETTLED, OTHERWISE = 0, 1, 2

local function charge(line, key, now, units)
    line.units = units
    local _, _, _, _, _, state, state2 = algorithms[line.number].look(key, now, line)
    algorithms[line.number].take(key, now, line, state, state2)
end

local function settle(line, key, now, units, at)
    if algorithms[line.number] == concurrency then
        concurrency.release(key, line)
    elseif units > line.units then
        charge(line, key, now, units - line.units)
    elseif units < line.units then
        algorithms[line.number].refund(key, now, line, line.units - units, at)
    end
end

local packed = redis.call('GET', KEYS[1])
if not packed then
    return UNKNOWN
end
local units = tonumber(ARGV[1])
local kept = cmsgpack.unpack(packed)
if kept.settled then
    return kept.settled == units and SETTLED or OTHERWISE
end
local now = clock()
for _, one in ipairs(kept.lines) do
    local line = {}
    local key
    line.number, key, line.units, line.rate, line.window, line.start, line.stop, line.next_stop, line.holder = unpack(one)
    -- The bound does not matter any more: what has happened is charged.
    line.capacity = math.huge
    settle(line, key, now, math.max(0, units), kept.at)
end
redis.call('SET', KEYS[1], cmsgpack.pack({ settled = units }), 'KEEPTTL')
return SETTLED
