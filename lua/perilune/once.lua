--- `perilune run FILE --once SCENARIO`: one user, one iteration, and every request, answer, extraction and check as a line. The
--- user that a script gets is wrapped; the words behind it are the real ones.
local copy = require "perilune.copy"
local redact = require "perilune.redact"

local M = {}

local METHODS = { "get", "post", "put", "patch", "delete", "head", "options", "request" }
local SHOWN = 200

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

local function short(v)
  local text = type(v) == "table" and "{...}" or tostring(v)
  text = text:gsub("%s+", " ")
  return #text > SHOWN and text:sub(1, SHOWN) .. "..." or text
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

local function show_answer(answer)
  local readable, text = pcall(function() return answer.text end)
  if not readable then text = answer.raw or "" end
  print(("< status %d%s  %d bytes in %.1f ms"):format(answer.status or 0, answer.error and ("  failed: " .. tostring(answer.error)) or "",
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
  local all, names = true, {}
  for name in pairs(checks) do
    if type(name) ~= "number" then names[#names + 1] = name end
  end
  table.sort(names)
  local function show(name, check)
    local ok, why = user:check(answer, { [type(name) == "number" and 1 or name] = check })
    print(("  %s %s"):format(ok and "✓" or "✗", why or ("check %s"):format(type(check) == "table" and type(check[1]) == "string" and check[1] or tostring(name))))
    all = all and ok
  end
  for _, name in ipairs(names) do show(name, checks[name]) end
  for i, check in ipairs(checks) do show(i, check) end
  return all
end

--- A user whose words are told of.
---@param user table
---@param s table its scenario: where relative URLs begin, and the headers of all requests
---@return table
function M.user(user, s)
  local real_of, wrapped = {}, {}
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
