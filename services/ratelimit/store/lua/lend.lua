-- Lends an edge (ARGV[1]) a share of a limit, by demand, so that all loans that have not expired never come to more
-- than the limit. KEYS[1] holds the loans by edge. An edge may go by any of its own until that has expired, for it may
-- not have heard of the next; so all are kept, but those that a loan of as much for as long has followed.
--
-- ARGV: edge, its demand, the limit, how long the loan lasts in microseconds. Returns the units lent.
local edge, demand, limit, ttl = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local now = clock()
local lent, wanted, mine = 0, 0, {}
local edges = redis.call('HGETALL', KEYS[1])
for place = 1, #edges, 2 do
    local asked, loans, most = loans_of.read(edges[place + 1], now)
    if edges[place] == edge then
        mine = loans
    elseif #loans > 0 then
        -- Also of who was lent nothing: the others make room by what it wanted.
        lent, wanted = lent + most, wanted + asked + 1
    else
        redis.call('HDEL', KEYS[1], edges[place])
    end
end
local fair = math.floor(limit * (demand + 1) / (demand + 1 + wanted))
local loan = {units = math.max(0, math.min(fair, limit - lent)), expiry = now + ttl}
local kept = {loan}
for _, before in ipairs(mine) do
    if before.units > loan.units or before.expiry > loan.expiry then
        kept[#kept + 1] = before
    end
end
redis.call('HSET', KEYS[1], edge, loans_of.written(demand, kept))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ttl / 1000 * 2))
return loan.units
