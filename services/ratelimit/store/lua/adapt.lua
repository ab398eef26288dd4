-- Notes how calls went that an adaptive limit (KEYS[1]) protects, and once a second moves its factor: additive
-- increase, multiplicative decrease (Chiu and Jain, "Analysis of the increase and decrease algorithms", 1989).
--
-- ARGV: calls, failed calls, total latency in microseconds; target latency, greatest share of failures, least factor.
-- KEYS[2], if there is one, keeps a report from being counted twice.
local INCREASE, DECREASE, KEEP_SECONDS = 0.05, 0.7, 60

if KEYS[2] and not redis.call('SET', KEYS[2], '', 'NX', 'PX', 60000) then
    return redis.call('HGET', KEYS[1], 'factor')
end
local calls, failed, latency = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local target, max_failed, least = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local second = math.floor(clock() / 1000000)
local seen = redis.call('HMGET', KEYS[1], 'factor', 'second', 'calls', 'failed', 'latency')
local factor = tonumber(seen[1] or 1)
if tonumber(seen[2] or second) == second then
    calls = calls + tonumber(seen[3] or 0)
    failed = failed + tonumber(seen[4] or 0)
    latency = latency + tonumber(seen[5] or 0)
else
    local before = tonumber(seen[3])
    if tonumber(seen[5]) / before > target or tonumber(seen[4]) / before > max_failed then
        factor = math.max(least, factor * DECREASE)
    else
        factor = math.min(1, factor + INCREASE)
    end
end
redis.call('HSET', KEYS[1], 'factor', factor, 'second', second, 'calls', calls, 'failed', failed, 'latency', latency)
redis.call('EXPIRE', KEYS[1], KEEP_SECONDS)
return tostring(factor)
