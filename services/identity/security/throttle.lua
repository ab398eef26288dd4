-- Counts an attempt, unless it comes too early. Keys: the origin. Arguments, times in milliseconds: now, free attempts,
-- first delay, longest delay, when to forget. Returns how long to wait yet; 0 lets the attempt pass.
local now = tonumber(ARGV[1])
local known = redis.call('HMGET', KEYS[1], 'attempts', 'not_before')
local not_before = tonumber(known[2] or 0)
if now < not_before then
    return not_before - now
end
-- Counted before its outcome is known, so that many at once are not all the first.
local attempts = tonumber(known[1] or 0) + 1
local over = attempts - tonumber(ARGV[2])
-- Free attempts delay nobody: those made at once come here in any order, each with its own `now`.
if over >= 0 then
    local delay = math.min(tonumber(ARGV[4]), tonumber(ARGV[3]) * 2 ^ math.min(over, 30))
    not_before = now + delay
end
redis.call('HSET', KEYS[1], 'attempts', attempts, 'not_before', string.format('%d', not_before))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 0
