-- A sorted set of the units that are held, by when they are forgotten. `terms.holder` names the call that holds them, if
-- it can be told that it is over.
local concurrency = {}

local function holder_of(key, terms)
    if terms.holder then
        return terms.holder
    end
    local sequence = beside(key, 's')
    local number = redis.call('INCR', sequence)
    keep(sequence, terms.window)
    return number
end

function concurrency.look(key, now, terms)
    redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now))
    local held = redis.call('ZCARD', key)
    local over = held + terms.units - terms.capacity
    local retry, reset = 0, 0
    if terms.units > terms.capacity then
        retry = NEVER
    elseif over > 0 then
        local soonest = redis.call('ZRANGE', key, over - 1, over - 1, 'WITHSCORES')
        -- Any call may be over before that; a second is when it is worth to ask again.
        retry = math.min(tonumber(soonest[2]) - now, 1000000)
    end
    if held > 0 then
        reset = tonumber(redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]) - now
    end
    return over <= 0, held, retry, reset, 0, held > 0 and held or nil
end

function concurrency.take(key, now, terms)
    local until_ = string.format('%.0f', now + terms.window)
    local holder = terms.units > 0 and holder_of(key, terms)
    for unit = 1, terms.units do
        redis.call('ZADD', key, until_, holder .. ':' .. unit)
    end
    keep(key, terms.window)
    return terms.window
end

function concurrency.release(key, terms)
    for unit = 1, terms.units do
        redis.call('ZREM', key, terms.holder .. ':' .. unit)
    end
end
