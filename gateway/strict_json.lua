local find, byte, sub = string.find, string.byte, string.sub
local QUOTE, APOSTROPHE, OPEN, LIST = 34, 39, 123, 91
local DEEPEST = 32

-- Every function takes where to begin and returns where it ended, or nil, the path of the field that is not in the
-- contract (nil when this is not JSON), and where.

local function after_string(text, at)
  while true do
    local mark = find(text, '["\\]', at)
    if mark == nil then return nil, nil, at end
    if byte(text, mark) == QUOTE then return mark + 1 end
    at = mark + 2
  end
end

-- Over a value whose fields are not looked at.
local function after_any(text, at)
  local first = byte(text, at)
  if first == QUOTE then return after_string(text, at + 1) end
  if first ~= OPEN and first ~= LIST then
    local _, last = find(text, "^[%w.+-]+", at)
    if last == nil then return nil, nil, at end
    return last + 1
  end
  local depth, began = 1, at
  at = at + 1
  while depth > 0 do
    -- The transcoder takes apostrophes for quotes, and would read other strings than this does.
    local mark = find(text, "[\"'{}%[%]]", at)
    local kind = mark and byte(text, mark)
    if mark == nil or kind == APOSTROPHE then return nil, nil, began end
    if kind == QUOTE then
      at = after_string(text, mark + 1)
      if at == nil then return nil, nil, mark end
    else
      depth = depth + ((kind == OPEN or kind == LIST) and 1 or -1)
      at = mark + 1
    end
  end
  return at
end

local after_value

local function after_object(text, at, shape, depth)
  local values = shape.values
  local _, empty = find(text, "^[ \t\r\n]*}", at)
  if empty ~= nil then return empty + 1 end
  while true do
    local _, colon, key = find(text, '^[ \t\r\n]*"([^"]*)"[ \t\r\n]*:[ \t\r\n]*', at)
    if colon == nil then return nil, nil, at end
    local inner = values or shape[key]
    if inner == nil then return nil, key, at end
    local ended, path, where = after_value(text, colon + 1, inner, depth)
    if ended == nil then return nil, path and key .. "." .. path, where end
    local _, last, mark = find(text, "^[ \t\r\n]*([,}])", ended)
    if last == nil then return nil, nil, ended end
    if mark == "}" then return last + 1 end
    at = last + 1
  end
end

local function after_list(text, at, shape, depth)
  local _, empty = find(text, "^[ \t\r\n]*]", at)
  if empty ~= nil then return empty + 1 end
  local index = 0
  while true do
    local _, space = find(text, "^[ \t\r\n]*", at)
    local ended, path, where = after_value(text, space + 1, shape, depth)
    if ended == nil then return nil, path and "[" .. index .. "]." .. path, where end
    local _, last, mark = find(text, "^[ \t\r\n]*([],])", ended)
    if last == nil then return nil, nil, ended end
    if mark == "]" then return last + 1 end
    at, index = last + 1, index + 1
  end
end

function after_value(text, at, shape, depth)
  if depth > DEEPEST then return nil, nil, at end
  if shape ~= ANY then
    local first = byte(text, at)
    if first == OPEN then return after_object(text, at + 1, shape, depth + 1) end
    if first == LIST then return after_list(text, at + 1, shape, depth + 1) end
  end
  return after_any(text, at)
end

local function after_document(text, shape)
  local _, space = find(text, "^[ \t\r\n]*")
  local ended, path, where = after_value(text, space + 1, shape, 0)
  if ended == nil then return nil, path, where end
  local rest = find(text, "[^ \t\r\n]", ended)
  if rest ~= nil then return nil, nil, rest end
  return ended
end

-- A name is taken before a wildcard, as the transcoder does, and the next best where the first leads nowhere.
local function follow(node, path, at, custom)
  if at > #path then
    local verbs = node[":"]
    return verbs and verbs[custom]
  end
  local _, last, segment = find(path, "^/([^/]*)", at)
  if last == nil then return nil end
  local found = node[segment] and follow(node[segment], path, last + 1, custom)
  if found == nil and node["*"] ~= nil then found = follow(node["*"], path, last + 1, custom) end
  if found == nil and node["**"] ~= nil then found = follow(node["**"], path, #path + 1, custom) end
  return found
end

local function rule(verb, target)
  local path = sub(target, 1, (find(target, "?", 1, true) or 0) - 1)
  local colon = find(path, ":[^/:]*$")
  local found = colon and follow(ROUTES, sub(path, 1, colon - 1), 1, sub(path, colon + 1))
  if found == nil then found = follow(ROUTES, path, 1, "") end
  return found and found[verb]
end

local function is_known(handle)
  local verified = handle:streamInfo():dynamicMetadata():get(VERIFIED)
  return verified ~= nil and verified[CLAIMS] ~= nil
end

function envoy_on_request(handle)
  local headers = handle:headers()
  if find(headers:get("content-type") or "", "application/grpc", 1, true) == 1 then return end
  local asked = rule(headers:get(":method"), headers:get(":path"))
  if asked == nil or not (EVERYONE or asked.public or is_known(handle)) then return end
  local body = handle:body()
  if body == nil then return end
  local size = body:length()
  if size == 0 then return end
  if size > asked.limit then
    handle:respond({ [":status"] = "413" }, "")
    return
  end
  local ended, path, where = after_document(body:getBytes(0, size), asked.shape)
  if ended ~= nil then return end
  local metadata = handle:streamInfo():dynamicMetadata()
  if path ~= nil then
    path = string.gsub(path, "%.%[", "[")
    metadata:set(METADATA, FIELD, asked.within ~= "" and asked.within .. "." .. path or path)
  else
    metadata:set(METADATA, OFFSET, where - 1)
  end
  handle:respond({ [":status"] = "400" }, "")
end
