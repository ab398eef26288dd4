-- Decides a batch of calls, one after the other: all of the limits of a call are charged, or none is. The answer is one
-- string: the time, then what is said of each call, which is its outcome and a line for each limit (store/wire.py).
local TAKE, PEEK, CHARGE, REFUSE = 1, 2, 3, 4
local DENIED, ADMITTED, REUSED, TOLD_BEFORE, ORDINARY = 0, 1, 2, 4, 8
local DIGEST = 16
local ALLOWED, PENALISED = 1, 2
local NEAR = 5

local function look(line)
    line.allowed, line.used, line.retry, line.reset, line.delay, line.state, line.state2 =
        line.algorithm.look(line.key, now, line)
end

-- More subjects than are told apart count as one.
local function look_within(line)
    look(line)
    if line.state or line.max_subjects == 0 then
        return
    end
    local prefix, id = parts(line.key)
    line.subjects = prefix .. 'n:' .. id
    if tonumber(redis.call('GET', line.subjects) or 0) >= line.max_subjects then
        line.key, line.subjects = prefix .. 'c:' .. id .. ':*', nil
        look(line)
    end
end

local function take(line)
    line.reset = line.algorithm.take(line.key, now, line, line.state, line.state2)
    line.used = line.used + line.units
    if line.subjects and redis.call('INCR', line.subjects) == 1 then
        keep(line.subjects, line.window)
    end
end

-- Whether this call makes the subject one that is to be blocked.
local function penalised(line, address)
    local found = false
    if line.denials > 0 and not line.allowed then
        local refused = beside(line.key, 'd')
        local count = redis.call('INCR', refused)
        if count == 1 then
            keep(refused, line.penalty_window)
        end
        found = count % line.denials == 0
    end
    local seen = beside(line.key, 'a')
    if line.addresses > 0 and address and redis.call('SADD', seen, address) == 1 then
        local count = redis.call('SCARD', seen)
        if count == 1 then
            keep(seen, line.penalty_window)
        end
        found = found or count > line.addresses
    end
    return found
end

local function remember(lines, reservation, ttl)
    local kept = {}
    for _, line in ipairs(lines) do
        if line.taken then
            kept[#kept + 1] = { line.number, line.key, line.units, line.rate, line.window, line.start, line.stop,
                line.next_stop, line.holder }
        end
    end
    redis.call('SET', reservation, cmsgpack.pack({ at = now, lines = kept }), 'PX', math.ceil(ttl / 1000))
end

local answers = { struct.pack('<i8', now) }

local function say(part)
    answers[#answers + 1] = part
end

-- Says again what was said when the call came before; false when it did not.
local function said_before(once_key, asked)
    local told = redis.call('GET', once_key)
    if not told then
        return false
    elseif string.sub(told, 1, DIGEST) ~= string.sub(asked, 1, DIGEST) then
        say(string.char(REUSED))
        return true
    end
    local outcome, count, at, rest = struct.unpack('<BHi8', told, #asked + 1)
    say(struct.pack('<BHi8B', TOLD_BEFORE, count, at, outcome))
    say(string.sub(told, rest))
    say(string.sub(told, DIGEST + 1, #asked))
    return true
end

-- Whether the limits let a call of a kind pass.
local function fits(kind)
    local all = true
    for _, line in ipairs(kind.lines) do
        if line.lent or line.adaptive then
            bound(line)
        end
        look_within(line)
        if line.delay > kind.patience then
            line.allowed = false
            line.retry = line.retry == NEVER and NEVER or math.max(line.retry, line.delay - kind.patience)
        end
        all = all and (line.allowed or line.shadow)
    end
    return all
end

-- Charges a line, if it is to be, and says what it came to; whether that is nothing but that the call may pass.
local function settled(line, kind, admitted, address)
    line.taken = admitted and kind.mode ~= PEEK and (line.allowed or kind.mode == CHARGE)
    if line.taken and line.units > 0 then
        take(line)
    end
    local verdict = line.allowed and ALLOWED or 0
    if kind.mode == TAKE and line.denials + line.addresses > 0 and penalised(line, address) then
        verdict = verdict + PENALISED
    end
    local remaining = math.max(0, line.capacity - line.used)
    say(struct.pack('<Bi8i8i8i8i8', verdict, line.capacity, remaining, line.retry, line.reset, line.delay))
    return verdict == ALLOWED and remaining * NEAR >= line.capacity and line.delay == 0
end

local function decide_one(kind)
    local once_key, asked, reservation, holder, address
    if kind.once then
        -- The digest of the request, then what its answer is to be told again with.
        once_key, asked = key(), text()
    end
    if kind.hold then
        reservation, holder = key(), text()
    end
    if kind.from then
        address = text()
    end
    for _, line in ipairs(kind.lines) do
        line.key, line.holder, line.subjects = key(), holder, nil
    end
    if kind.once and said_before(once_key, asked) then
        return
    end

    local admitted = (fits(kind) or kind.mode == CHARGE) and kind.mode ~= REFUSE
    local outcome, ordinary = #answers + 1, admitted
    say('')
    for _, line in ipairs(kind.lines) do
        ordinary = settled(line, kind, admitted, address) and ordinary
    end
    answers[outcome] = string.char((admitted and ADMITTED or DENIED) + (ordinary and ORDINARY or 0))
    if kind.hold and admitted then
        remember(kind.lines, reservation, kind.ttl)
    end
    -- A reservation that is refused may be asked for again.
    if kind.once and (admitted or not kind.hold) then
        local told = struct.pack('<BHi8', admitted and ADMITTED or DENIED, #kind.lines, now)
        redis.call('SET', once_key, asked .. told .. table.concat(answers, '', outcome + 1), 'PX', 60000)
    end
end

each_call(decide_one)
return table.concat(answers)
