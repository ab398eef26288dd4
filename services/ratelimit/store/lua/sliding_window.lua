-- The state is the start of a window, its units, and those of the window before.
local sliding_window = {}

local function counts_at(state, now, window)
    local start = now - math.fmod(now, window)
    if state then
        local begun, count, before = struct.unpack('<ddd', state)
        if begun == start then
            return start, count, before
        elseif begun == start - window then
            return start, 0, count
        end
    end
    return start, 0, 0
end

local function retry_of(terms, elapsed, count, before)
    if terms.units > terms.capacity then
        return NEVER
    end
    local room = terms.capacity - terms.units
    if count <= room then
        return terms.window - floor_div((room - count) * terms.window, before) - elapsed
    end
    return 2 * terms.window - floor_div(room * terms.window, count) - elapsed
end

function sliding_window.look(key, now, terms)
    local state = redis.call('GET', key)
    local start, count, before = counts_at(state, now, terms.window)
    local elapsed = now - start
    local weighted = before * (terms.window - elapsed) + count * terms.window
    local allowed = weighted + (terms.units - terms.capacity) * terms.window <= 0
    local retry = allowed and 0 or retry_of(terms, elapsed, count, before)
    local reset = 0
    if count > 0 then
        reset = 2 * terms.window - elapsed
    elseif before > 0 then
        reset = terms.window - elapsed
    end
    return allowed, ceil_div(weighted, terms.window), retry, reset, 0, state
end

function sliding_window.take(key, now, terms, state)
    local start, count, before = counts_at(state, now, terms.window)
    put(key, struct.pack('<ddd', start, count + terms.units, before), 2 * terms.window)
    return 2 * terms.window - (now - start)
end

function sliding_window.refund(key, now, terms, units, at)
    local start, count, before = counts_at(redis.call('GET', key), now, terms.window)
    if at >= start then
        count = math.max(0, count - units)
    elseif at >= start - terms.window then
        before = math.max(0, before - units)
    end
    put(key, struct.pack('<ddd', start, count, before), 2 * terms.window)
end
