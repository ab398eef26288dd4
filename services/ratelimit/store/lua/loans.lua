-- What an edge is lent, as it is kept: its demand, then units and expiry of each loan that it may still go by.

local function written(demand, loans)
    local numbers = {demand}
    for _, loan in ipairs(loans) do
        numbers[#numbers + 1], numbers[#numbers + 2] = loan.units, loan.expiry
    end
    return struct.pack('<' .. string.rep('d', #numbers), unpack(numbers))
end

-- The demand, the loans that have not expired by an instant, and the most of them: what the edge may let through.
local function read(text, instant)
    local numbers = {struct.unpack('<' .. string.rep('d', #text / 8), text)}
    local loans, most = {}, 0
    for place = 2, #text / 8, 2 do
        local loan = {units = numbers[place], expiry = numbers[place + 1]}
        if loan.expiry > instant then
            loans[#loans + 1], most = loan, math.max(most, loan.units)
        end
    end
    return numbers[1], loans, most
end

local loans_of = {written = written, read = read}
