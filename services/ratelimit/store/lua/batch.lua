-- A batch of calls as it is said (store/wire.py): in ARGV[1] the kinds of calls that are in it, each a head and a line for
-- each limit, then a byte for each call, which says its kind. Texts that a head announces follow in ARGV, and the keys of
-- the calls in KEYS, in the order in which they are needed.
local ONCE, HOLD, FROM = 1, 2, 4
local SHADOW, ADAPTIVE, LENT = 1, 2, 4

-- All of it is decided at one instant.
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

local function read_line()
    local line, flags = {}
    line.number, flags, line.units, line.most, line.pace, line.window, line.start, line.stop, line.next_stop,
        line.max_subjects, line.denials, line.addresses, line.penalty_window, place =
        struct.unpack('<BBddddddddddd', batch, place)
    line.algorithm, line.capacity, line.rate = algorithms[line.number], line.most, line.pace
    line.shadow, line.adaptive, line.lent = flags % 2 == SHADOW, flags % LENT >= ADAPTIVE, flags >= LENT
    return line
end

-- What calls of a kind have in common. The rest of a line is filled in anew for each: to make tables costs more than to
-- decide.
local function read_kind()
    local kind, flags, count = { lines = {} }
    kind.mode, flags, count, kind.patience, kind.ttl, place = struct.unpack('<BBHdd', batch, place)
    kind.once, kind.hold, kind.from = flags % HOLD == ONCE, flags % FROM >= HOLD, flags >= FROM
    for number = 1, count do
        kind.lines[number] = read_line()
    end
    return kind
end

-- Hands each call to a function, by its kind.
local function each_call(decide)
    local kinds, count = {}
    count, place = struct.unpack('<B', batch)
    for number = 1, count do
        kinds[number] = read_kind()
    end
    for call = place, #batch do
        decide(kinds[string.byte(batch, call) + 1])
    end
end
