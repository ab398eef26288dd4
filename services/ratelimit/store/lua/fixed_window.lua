-- The state is the start of a window and its units.
local fixed_window = {}

local function window_of(now, terms)
    if terms.start == 0 then
        local start = now - math.fmod(now, terms.window)
        return start, start + terms.window
    elseif now < terms.stop then
        return terms.start, terms.stop
    end
    return terms.stop, terms.next_stop
end

local function count_in(state, start)
    if state then
        local begun, count = struct.unpack('<dd', state)
        return begun == start and count or 0
    end
    return 0
end

function fixed_window.look(key, now, terms)
    local start, stop = window_of(now, terms)
    local state = redis.call('GET', key)
    local count = count_in(state, start)
    local allowed = count + terms.units <= terms.capacity
    local retry = 0
    if not allowed then
        retry = terms.units > terms.capacity and NEVER or stop - now
    end
    return allowed, count, retry, count > 0 and stop - now or 0, 0, state, count
end

function fixed_window.take(key, now, terms, _, count)
    local start, stop = window_of(now, terms)
    put(key, struct.pack('<dd', start, count + terms.units), stop - now)
    return stop - now
end

function fixed_window.refund(key, now, terms, units, at)
    local start, stop = window_of(now, terms)
    local count = count_in(redis.call('GET', key), start)
    if at >= start and count > 0 then
        put(key, struct.pack('<dd', start, math.max(0, count - units)), stop - now)
    end
end
