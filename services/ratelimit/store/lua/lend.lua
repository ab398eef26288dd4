-- Lends an edge (ARGV[1]) a share of a limit, by demand, so that all loans that have not expired never come to more
-- than the limit. KEYS[1] holds the loans: units, expiry and demand; and of the loan before, if it was larger, units and
-- expiry, because the edge may go by it until it has heard of the new one.
--
-- ARGV: edge, its demand, the limit, how long the loan lasts in microseconds. Returns the units lent.
local edge, demand, limit, ttl = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local now = clock()
local lent, wanted = 0, 0
local old_units, old_until = 0, 0
local loans = redis.call('HGETALL', KEYS[1])
for place = 1, #loans, 2 do
    local units, until_, asked, before_units, before_until = struct.unpack('<ddddd', loans[place + 1])
    local live = until_ > now and units or 0
    local before = before_until > now and before_units or 0
    if loans[place] == edge then
        if before > live then
            old_units, old_until = before, before_until
        elseif live > 0 then
            old_units, old_until = live, until_
        end
    elseif until_ > now or before > 0 then
        -- Also of who was lent nothing: the others make room by what it wanted.
        lent, wanted = lent + math.max(live, before), wanted + asked + 1
    else
        redis.call('HDEL', KEYS[1], loans[place])
    end
end
local fair = math.floor(limit * (demand + 1) / (demand + 1 + wanted))
local units = math.max(0, math.min(fair, limit - lent))
if units >= old_units then
    old_units, old_until = 0, 0
end
redis.call('HSET', KEYS[1], edge, struct.pack('<ddddd', units, now + ttl, demand, old_units, old_until))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ttl / 1000 * 2))
return units
