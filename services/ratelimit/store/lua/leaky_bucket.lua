-- The arithmetic of the token bucket; an admitted call waits until all before it have gone.
local leaky_bucket = { take = token_bucket.take, refund = token_bucket.refund }

function leaky_bucket.look(key, now, terms)
    local allowed, used, retry, reset, _, state, debt = token_bucket.look(key, now, terms)
    return allowed, used, retry, reset, reset, state, debt
end
