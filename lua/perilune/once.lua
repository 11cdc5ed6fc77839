--- `perilune run FILE --once SCENARIO`: one user, one iteration, and every request, operation, answer, extraction and check as a line.
--- The user that a script gets is wrapped, and so are its connections; the words behind them are the real ones.
local copy = require "perilune.copy"
local guard = require "perilune.core.guard"
local redact = require "perilune.redact"

local M = {}

local METHODS = { "get", "post", "put", "patch", "delete", "head", "options", "request" }
local SHOWN, DEEP = 200, 4

--- Words that give a connection.
M.channels = { "redis", "memcached", "sql", "ws", "sse", "grpc", "tcp", "udp" }

local function masked(name, value)
  return redact.is_telling(name) and redact.MASK or tostring(value)
end

--- "a=1 b=***" of the plain fields of a table.
local function pairs_text(t)
  local parts = {}
  for k, v in pairs(t) do
    if type(v) ~= "table" then parts[#parts + 1] = ("%s=%s"):format(tostring(k), masked(k, v)) end
  end
  table.sort(parts)
  return table.concat(parts, " ")
end

local function cut(text) return #text > SHOWN and text:sub(1, SHOWN) .. "..." or text end

local function short(v)
  local text = type(v) == "table" and "{...}" or tostring(v)
  return cut((text:gsub("%s+", " ")))
end

local function names_of(t)
  local names = {}
  for name in pairs(t) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

--- The answer with its reading words traced.
local function traced_answer(answer, real_of)
  local wrapped = setmetatable({}, { __index = function(_, key)
    local value = answer[key]
    if type(value) ~= "function" then return value end
    return function(_, ...)
      local found, why = value(answer, ...)
      print(("    %s(%s) = %s"):format(key, tostring((...) or ""), redact.is_telling((...)) and redact.MASK or short(found)))
      return found, why
    end
  end })
  real_of[wrapped] = answer
  return wrapped
end

--- A relative URL as the base makes it whole (RFC 3986 section 5), but for dots in paths.
local function whole_url(base, url)
  if url:find("^%a[%w+.-]*:") or not base then return url end
  local origin, path = base:match "^(unix:[^:]*:)([^?#]*)"
  if not origin then origin, path = base:match "^(%a+://[^/?#]*)([^?#]*)" end
  if url:find "^//" then return base:match "^%a+:" .. url end
  if url:find "^/" or not origin then return (origin or base) .. url end
  if url == "" or url:find "^%?" then return origin .. path .. url end
  return origin .. (path:match "^.*/" or "/") .. url
end

local function show_headers(...)
  local by_name, names = {}, {}
  for _, headers in ipairs { ... } do
    for name, value in pairs(headers) do
      if by_name[name:lower()] == nil then names[#names + 1] = name:lower() end
      local values = type(value) == "table" and value or { value }
      local shown = {}
      for i, v in ipairs(values) do shown[i] = masked(name, v) end
      by_name[name:lower()] = table.concat(shown, ", ")
    end
  end
  table.sort(names)
  for _, name in ipairs(names) do print(("    %s: %s"):format(name, by_name[name])) end
end

--- The names of the cookies that go with a request; what they are worth stays untold.
local function show_cookies(user, url)
  local sent = {}
  for name in pairs(user.cookies:get(url)) do sent[#sent + 1] = name .. "=" .. redact.MASK end
  table.sort(sent)
  if #sent > 0 then print("    cookie: " .. table.concat(sent, "; ")) end
end

local function show_request(s, method, url, options)
  options = options or {}
  print(("> %s %s%s"):format(method, redact.url(whole_url(s.base, url)), options.name and ("  (%s)"):format(options.name) or ""))
  show_headers(s.defaults and s.defaults.headers or {}, type(options.headers) == "table" and options.headers or {})
  for _, part in ipairs { "query", "form", "json" } do
    if type(options[part]) == "table" then print(("    %s: %s"):format(part, pairs_text(options[part]))) end
  end
  for _, part in ipairs { "body_file", "compress" } do
    if options[part] then print(("    %s: %s"):format(part, tostring(options[part]))) end
  end
  local auth = type(options.auth) == "table" and options.auth or s.defaults and s.defaults.auth
  if auth and options.auth ~= false then print(("    auth: %s"):format(tostring(next(auth)))) end
  if options.multipart then print("    multipart") end
  if options.body then print(("    body: %s"):format(type(options.body) == "string" and #options.body .. " bytes" or redact.MASK)) end
end

--- of: its place in a batch.
local function show_answer(answer, of)
  local readable = answer.readable ~= false
  local text = readable and answer.text or answer.raw
  print(("< %sstatus %d%s  %d bytes in %.1f ms"):format(of and tostring(of) .. ": " or "", answer.status or 0, answer.error and ("  failed: " .. tostring(answer.error)) or "",
    #text, (answer.timings and answer.timings.total or 0) * 1000))
  for line in (answer.head or ""):gsub("^[^\n]*\n", ""):gmatch("[^\r\n]+") do
    local name, value = line:match("^([^:]+):%s*(.*)$")
    if name then print(("    %s: %s"):format(name:lower(), masked(name, value))) end
  end
  if not readable then print("    | a body that cannot be decoded") end
  if readable and #text > 0 and not text:find("[%z\1-\8]") then print("    | " .. short(redact.text(text, true))) end
end

--- One check after the other, so that each can be told of: the fields, then the list in its order.
local function show_checks(user, answer, checks)
  local all = true
  local function show(name, check)
    local ok, why = user:check(answer, { [type(name) == "number" and 1 or name] = check })
    print(("  %s %s"):format(ok and "✓" or "✗", why or ("check %s"):format(type(check) == "table" and type(check[1]) == "string" and check[1] or tostring(name))))
    all = all and ok
  end
  for _, name in ipairs(names_of(checks)) do show(name, checks[name]) end
  for i, check in ipairs(checks) do show(i, check) end
  return all
end

--- The keys of a batch, in the order in which it is sent.
local function keys_of(requests)
  local keys = {}
  for i = 1, #requests do keys[i] = i end
  return table.move(names_of(requests), 1, #names_of(requests), #keys + 1, keys)
end

--- user:batch: all requests, then all answers.
local function tell_batch(user, s, real_of, requests, options)
  local keys, answers = type(requests) == "table" and keys_of(requests) or {}, {}
  for _, key in ipairs(keys) do
    local r = requests[key]
    local url, of = type(r) == "table" and r[1] or r, type(r) == "table" and r or {}
    if type(url) == "string" then show_request(s, of.method or "GET", url, of) end
  end
  local got = user:batch(requests, options)
  for _, key in ipairs(keys) do
    show_answer(got[key], key)
    answers[key] = traced_answer(got[key], real_of)
  end
  return answers
end

local ESCAPED = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

--- What a connection sends or gives.
local function value_text(v, depth)
  if type(v) == "string" then return '"' .. redact.text(v, true):gsub("%c", function(c) return ESCAPED[c] or ("\\%d"):format(c:byte()) end) .. '"' end
  if type(v) ~= "table" then return tostring(v) end
  if depth == DEEP then return "{...}" end
  local parts = {}
  for i = 1, #v do parts[i] = value_text(v[i], depth + 1) end
  for _, name in ipairs(names_of(v)) do
    parts[#parts + 1] = ("%s = %s"):format(name, redact.is_telling(name) and redact.MASK or value_text(v[name], depth + 1))
  end
  return #parts > 0 and "{ " .. table.concat(parts, ", ") .. " }" or "{}"
end

local function values_text(values)
  local parts = {}
  for i = 1, values.n do parts[i] = value_text(values[i], 0) end
  return cut(table.concat(parts, ", "))
end

--- Tells what an operation or an opening has given: its value as `text` of it, or nil, why and the class of the failure.
local function show_outcome(got, text)
  if got[1] == nil and got.n > 1 then
    print(("< failed: %s: %s"):format(tostring(got[3]), redact.text(tostring(got[2]))))
  elseif text then
    print("< " .. text)
  end
end

--- A connection whose operations are told of.
local function traced_channel(word, channel)
  return setmetatable({}, {
    __index = function(_, key)
      local operation = channel[key]
      return function(_, ...)
        if key == "close" or key == "is_open" then return operation(channel, ...) end
        print(("> %s %s(%s)"):format(word, key, values_text(table.pack(...))))
        local got = table.pack(operation(channel, ...))
        show_outcome(got, values_text(got))
        return table.unpack(got, 1, got.n)
      end
    end,
    __close = function() channel:close() end,
  })
end

--- Where the first operation connects, nothing is open yet.
local function open_channel(user, word, url, options)
  print(("> %s %s"):format(word, redact.url(tostring(url))))
  local got = table.pack(user[word](user, url, options))
  local channel = got[1]
  show_outcome(got, channel and channel:is_open() and "open")
  if channel then got[1] = traced_channel(word, channel) end
  return table.unpack(got, 1, got.n)
end

--- Keeps the secrets of a playbook's arguments out of all that is told: what a server sends back may have them.
---@param args table
function M.hide(args)
  local texts = {}
  for _, value in pairs(args) do
    if guard.is_secret(value) then texts[#texts + 1] = guard.reveal(value) end
  end
  redact.learn(texts)
end

--- A user whose words are told of.
---@param user table
---@param s table its scenario: where relative URLs begin, and the headers of all requests
---@return table
function M.user(user, s)
  local real_of, wrapped = {}, {}
  for _, word in ipairs(M.channels) do
    wrapped[word] = function(_, ...) return open_channel(user, word, ...) end
  end
  function wrapped.batch(_, requests, options) return tell_batch(user, s, real_of, requests, options) end
  for _, method in ipairs(METHODS) do
    wrapped[method] = function(_, url, options)
      show_request(s, method == "request" and options and options.method or method:upper(), url, options)
      show_cookies(user, url)
      local answer = user[method](user, url, options)
      show_answer(answer)
      return traced_answer(answer, real_of)
    end
  end
  function wrapped.check(_, answer, checks) return show_checks(user, real_of[answer] or answer, checks) end
  function wrapped.think(_, d)
    print("  think " .. tostring(d))
    return user:think(d)
  end
  return setmetatable(wrapped, {
    __index = function(_, key)
      local value = user[key]
      if type(value) ~= "function" then return value end
      return function(_, ...) return value(user, ...) end
    end,
    __newindex = function(_, key, value) user[key] = value end,
  })
end

local MODEL = { "arrivals", "users", "iterations", "iterations_each", "pace", "warmup", "offset", "duration" }

--- The scenario as one iteration of one user; a static request becomes a script.
---@param s table
---@return table
function M.scenario(s)
  local once = copy.shallow(s)
  for _, key in ipairs(MODEL) do once[key] = nil end
  once.iterations, once.users, once.duration = 1, 1, "60s"
  if s.request then
    local r = s.request
    once.request = nil
    once.base = s.base or r.url
    once.user = function(user)
      local options = copy.shallow(r)
      options.url, options.pipeline, options.method = nil, nil, r.method or "GET"
      user:request(r.url, options)
    end
  end
  return once
end

return M
