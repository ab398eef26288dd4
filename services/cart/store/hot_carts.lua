-- Keeps a cart unless a newer state of it is kept already: a reader that was slow does not bring back what it read.
-- KEYS[1] the cart; ARGV: its version, its message, how many seconds it is kept.
local known = redis.call('HGET', KEYS[1], 'version')
if known and tonumber(known) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'message', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
