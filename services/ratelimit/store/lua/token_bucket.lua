-- GCRA. The state is the debt to a full bucket in units x window, when it was noted, and for which window.
local token_bucket = {}

local function debt_at(state, now, terms)
    if not state then
        return 0
    end
    local debt, at, window = struct.unpack('<ddd', state)
    if window ~= terms.window then
        debt = floor_div(debt * terms.window, window)
    end
    return math.max(0, debt - math.max(0, now - at) * terms.rate)
end

local function owe(key, now, terms, debt)
    put(key, struct.pack('<ddd', debt, now, terms.window), debt / terms.rate)
    return ceil_div(debt, terms.rate)
end

function token_bucket.look(key, now, terms)
    local state = redis.call('GET', key)
    local debt = debt_at(state, now, terms)
    local over = debt + (terms.units - terms.capacity) * terms.window
    local retry = 0
    if terms.units > terms.capacity then
        retry = NEVER
    elseif over > 0 then
        retry = ceil_div(over, terms.rate)
    end
    return over <= 0, ceil_div(debt, terms.window), retry, ceil_div(debt, terms.rate), 0, state, debt
end

function token_bucket.take(key, now, terms, _, debt)
    return owe(key, now, terms, debt + terms.units * terms.window)
end

-- What has been paid off since cannot be given back: it may have been another's debt by now.
function token_bucket.refund(key, now, terms, units, at)
    local state = redis.call('GET', key)
    local left = units * terms.window - math.max(0, now - at) * terms.rate
    if state and left > 0 then
        owe(key, now, terms, math.max(0, debt_at(state, now, terms) - left))
    end
end
