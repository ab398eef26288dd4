-- Decides a batch of calls, one after the other: all of the limits of a call are charged, or none is.
--
-- ARGV[1] is the batch: for each call a head, then a line for each limit (store/wire.py). Texts that a head or a line
-- announces follow in ARGV, and the keys of the calls in KEYS, in the order in which they are needed. The answer is one
-- string in the same form.
local TAKE, PEEK, CHARGE, REFUSE = 1, 2, 3, 4
local ONCE, HOLD, FROM = 1, 2, 4
local SHADOW, ADAPTIVE, LENT = 1, 2, 4
local DENIED, ADMITTED, REUSED, TOLD_BEFORE = 0, 1, 2, 4
local DIGEST = 16
local ALLOWED, PENALISED = 1, 2

local now = clock()
local batch, place, next_key, next_text = ARGV[1], 1, 1, 2

local function key()
    next_key = next_key + 1
    return KEYS[next_key - 1]
end

local function text()
    next_text = next_text + 1
    return ARGV[next_text - 1]
end

-- `rl:{domain}:` and the id of the limit in a counter's key.
local function parts(counter)
    return string.match(counter, '^(rl:{[^}]*}:)c:([^:]*)')
end

-- What is lent to edges at present cannot be used here.
local function lent(counter)
    local prefix, id = parts(counter)
    local sum = 0
    for _, loan in ipairs(redis.call('HVALS', prefix .. 'q:' .. id)) do
        local units, until_, _, old_units, old_until = struct.unpack('<ddddd', loan)
        if until_ <= now then
            units = 0
        end
        sum = sum + math.max(units, old_until > now and old_units or 0)
    end
    return sum
end

local function factor(counter)
    local prefix, id = parts(counter)
    return tonumber(redis.call('HGET', prefix .. 'f:' .. id, 'factor') or 1)
end

-- At least one unit, and not one too few for a factor that is no exact double.
local function scaled(units, by)
    return math.max(1, math.floor(units * by + 1e-9))
end

-- The lines of a call. They are filled in anew for the next: to make tables costs more than to decide.
local lines = {}

local function read_line(number, holder)
    local line = lines[number] or {}
    lines[number] = line
    local flags
    line.number, flags, line.units, line.capacity, line.rate, line.window, line.start, line.stop, line.next_stop,
        line.max_subjects, line.denials, line.addresses, line.penalty_window, place =
        struct.unpack('<BBddddddddddd', batch, place)
    line.algorithm, line.key, line.shadow, line.holder = algorithms[line.number], key(), flags % 2 == SHADOW, holder
    line.subjects = nil
    if flags >= LENT then
        local units = lent(line.key)
        line.capacity, line.rate = math.max(0, line.capacity - units), math.max(1, line.rate - units)
        flags = flags - LENT
    end
    if flags >= ADAPTIVE then
        local by = factor(line.key)
        line.capacity, line.rate = scaled(line.capacity, by), scaled(line.rate, by)
    end
    return line
end

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

local function remember(reservation, ttl, count)
    local kept = {}
    for number = 1, count do
        local line = lines[number]
        if line.taken then
            kept[#kept + 1] = { line.number, line.key, line.units, line.rate, line.window, line.start, line.stop,
                line.next_stop, line.holder }
        end
    end
    redis.call('SET', reservation, cmsgpack.pack({ at = now, lines = kept }), 'PX', math.ceil(ttl / 1000))
end

local answers = {}

local function say(part)
    answers[#answers + 1] = part
end

local function decide_one()
    local begin = #answers + 1
    local mode, flags, count, patience, ttl, head_end = struct.unpack('<BBHdd', batch, place)
    place = head_end
    local from = flags >= FROM
    local hold = flags % FROM >= HOLD
    local once = flags % HOLD == ONCE
    local once_key, said, reservation, holder, address
    if once then
        -- The digest of the request, then what its answer is to be told again with.
        once_key, said = key(), text()
    end
    if hold then
        reservation, holder = key(), text()
    end
    if from then
        address = text()
    end
    for number = 1, count do
        read_line(number, holder)
    end
    if once then
        local told = redis.call('GET', once_key)
        if told then
            if string.sub(told, 1, DIGEST) ~= string.sub(said, 1, DIGEST) then
                return say(struct.pack('<BHi8', REUSED, 0, now))
            end
            local outcome, rest = struct.unpack('<B', told, #said + 1)
            say(struct.pack('<B', outcome + TOLD_BEFORE))
            say(string.sub(told, rest))
            return say(string.sub(told, DIGEST + 1, #said))
        end
    end

    local admitted = true
    for number = 1, count do
        local line = lines[number]
        look_within(line)
        if line.delay > patience then
            line.allowed = false
            line.retry = line.retry == NEVER and NEVER or math.max(line.retry, line.delay - patience)
        end
        admitted = admitted and (line.allowed or line.shadow)
    end
    admitted = mode ~= REFUSE and (admitted or mode == CHARGE)

    say(struct.pack('<BHi8', admitted and ADMITTED or DENIED, count, now))
    for number = 1, count do
        local line = lines[number]
        line.taken = admitted and mode ~= PEEK and (line.allowed or mode == CHARGE)
        if line.taken and line.units > 0 then
            take(line)
        end
        local verdict = line.allowed and ALLOWED or 0
        if mode == TAKE and line.denials + line.addresses > 0 and penalised(line, address) then
            verdict = verdict + PENALISED
        end
        say(struct.pack('<Bi8i8i8i8i8', verdict, line.capacity, math.max(0, line.capacity - line.used), line.retry,
            line.reset, line.delay))
    end
    if hold and admitted then
        remember(reservation, ttl, count)
    end
    -- A reservation that is refused may be asked for again.
    if once and (admitted or not hold) then
        redis.call('SET', once_key, said .. table.concat(answers, '', begin), 'PX', 60000)
    end
end

while place <= #batch do
    decide_one()
end
return table.concat(answers)
