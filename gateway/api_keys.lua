-- Tokens by SHA-256 of the API key: no key stays in memory after its request. Two generations bound the memory: when
-- the young one is full it becomes the old one, and what was old is forgotten.
local bit = require("bit")
local band, bxor, bnot, ror, rshift, tobit = bit.band, bit.bxor, bit.bnot, bit.ror, bit.rshift, bit.tobit
local char, byte, rep, format = string.char, string.byte, string.rep, string.format

-- The first 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4, 4.2.2 and 5.3.3).
local ROUND, INITIAL = {}, {}
do
  local candidate = 2
  while #ROUND < 64 do
    local prime = true
    for divisor = 2, math.floor(math.sqrt(candidate)) do
      if candidate % divisor == 0 then prime = false; break end
    end
    if prime then
      local cube, square = candidate ^ (1 / 3), candidate ^ (1 / 2)
      ROUND[#ROUND + 1] = tobit(math.floor((cube % 1) * 2 ^ 32))
      if #INITIAL < 8 then INITIAL[#INITIAL + 1] = tobit(math.floor((square % 1) * 2 ^ 32)) end
    end
    candidate = candidate + 1
  end
end

local words = {}

local function compress(state, message, from)
  for i = 1, 16 do
    local a, b, c, d = byte(message, from + 4 * i - 3, from + 4 * i)
    words[i] = tobit(a * 2 ^ 24 + b * 2 ^ 16 + c * 2 ^ 8 + d)
  end
  for i = 17, 64 do
    local w15, w2 = words[i - 15], words[i - 2]
    local s0 = bxor(ror(w15, 7), ror(w15, 18), rshift(w15, 3))
    local s1 = bxor(ror(w2, 17), ror(w2, 19), rshift(w2, 10))
    words[i] = tobit(words[i - 16] + s0 + words[i - 7] + s1)
  end
  local a, b, c, d, e, f, g, h = unpack(state)
  for i = 1, 64 do
    local s1 = bxor(ror(e, 6), ror(e, 11), ror(e, 25))
    local t1 = h + s1 + bxor(band(e, f), band(bnot(e), g)) + ROUND[i] + words[i]
    local s0 = bxor(ror(a, 2), ror(a, 13), ror(a, 22))
    local t2 = s0 + bxor(band(a, b), band(a, c), band(b, c))
    h, g, f, e, d, c, b, a = g, f, e, tobit(d + t1), c, b, a, tobit(t1 + t2)
  end
  local now = { a, b, c, d, e, f, g, h }
  for i = 1, 8 do state[i] = tobit(state[i] + now[i]) end
end

local function sha256(text)
  local length = #text * 8
  local padding = (55 - #text) % 64
  local high, low = math.floor(length / 2 ^ 32), length % 2 ^ 32
  local tail = char(
    rshift(high, 24), band(rshift(high, 16), 255), band(rshift(high, 8), 255), band(high, 255),
    rshift(low, 24), band(rshift(low, 16), 255), band(rshift(low, 8), 255), band(low, 255)
  )
  local message = text .. "\128" .. rep("\0", padding) .. tail
  local state = { unpack(INITIAL) }
  for from = 0, #message - 1, 64 do compress(state, message, from) end
  local hex = {}
  for i = 1, 8 do hex[i] = format("%08x", state[i] % 2 ^ 32) end
  return table.concat(hex)
end

local young, old, count = {}, {}, 0

local function remember(id, credentials, ends)
  if young[id] == nil then
    if count >= CAPACITY then young, old, count = {}, young, 0 end
    count = count + 1
  end
  young[id] = { credentials = credentials, ends = ends }
end

local function remembered(id, now)
  local entry = young[id] or old[id]
  if entry ~= nil and now < entry.ends then return entry.credentials end
  return nil
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local key = headers:get(HEADER)
  if key == nil then return end
  -- A call has one identity: that of the key.
  headers:remove("authorization")
  local id, signed = sha256(key), headers:get(SIGNATURE) ~= nil
  local credentials = not signed and remembered(id, os.time())
  if credentials then
    headers:remove(HEADER)
    headers:add("authorization", credentials)
  else
    handle:streamInfo():dynamicMetadata():set(METADATA, signed and "signed" or "unsigned", id)
  end
end

-- Only a token that was verified on its way through is remembered.
function envoy_on_response(handle)
  local metadata = handle:streamInfo():dynamicMetadata()
  local asked, verified = metadata:get(METADATA), metadata:get(VERIFIED)
  if asked == nil or verified == nil or asked.unsigned == nil or asked.token == nil then return end
  local claims = verified[CLAIMS]
  if claims == nil then return end
  local now = os.time()
  local ends = math.min(now + REMEMBERED, claims.exp - MARGIN)
  if ends > now then remember(asked.unsigned, asked.token, ends) end
end
