--- wrk's scripts as wrk's threads run them: an environment of their own with the names of Lua 5.1, where globals need no declaration,
--- and the table `wrk`. Each worker has one, and the control side one for setup and done.
local core = require "perilune.core.wrk"

local M = {}

local FUNCTIONS = { "assert", "error", "ipairs", "next", "pairs", "pcall", "xpcall", "rawequal", "rawget", "rawset", "rawlen", "select", "tonumber",
  "type", "setmetatable", "getmetatable", "_VERSION" }
local LIBRARIES = { "string", "table", "math", "os", "utf8", "coroutine", "debug" }

--- What LuaJIT has and Lua has not.
local FOREIGN = { ffi = true, jit = true }

local function foreign(name)
  error(("%s is LuaJIT's: wrk's scripts run on Lua 5.4 here; what needs it has to be written without it"):format(name), 0)
end

--- A number as Lua 5.1 shows it: a whole one without ".0".
local function plain(value)
  return math.type(value) == "float" and math.tointeger(value) or value
end

--- string.format of Lua 5.1: fractions are cut where a whole number is wanted.
local function format(form, ...)
  local args = table.pack(...)
  local at = 0
  for spec in form:gsub("%%%%", ""):gmatch "%%[-+ #0]*[%d.]*(%a)" do
    at = at + 1
    local v = plain(args[at])
    if math.type(v) == "float" and spec:find "[cdiouxX]" then v = v >= 0 and math.floor(v) or math.ceil(v) end
    args[at] = v
  end
  return string.format(form, table.unpack(args, 1, math.max(args.n, at)))
end

--- A fraction cut to a whole number, as Lua 5.1 does where its libraries want one.
local function cut(v)
  if math.type(v) ~= "float" then return v end
  return math.tointeger(v >= 0 and math.floor(v) or math.ceil(v)) or v
end

local function concat(list, separator, from, to)
  local shown = {}
  for i = from or 1, to or #list do shown[i] = plain(list[i]) end
  return table.concat(shown, separator, from, to)
end

--- What Lua 5.1 has, or does otherwise, by library, on the functions of these.
local function old(string, math)
  return {
    string = {
      format = format, gfind = string.gmatch,
      sub = function(s, from, to) return string.sub(s, cut(from), cut(to)) end,
      byte = function(s, from, to) return string.byte(s, cut(from), cut(to)) end,
      rep = function(s, n, separator) return string.rep(s, cut(n), separator) end,
    },
    table = {
      concat = concat, getn = function(t) return #t end,
      foreach = function(t, fn) for k, v in pairs(t) do local r = fn(k, v) if r ~= nil then return r end end end,
      foreachi = function(t, fn) for i, v in ipairs(t) do local r = fn(i, v) if r ~= nil then return r end end end,
      maxn = function(t)
        local most = 0
        for key in pairs(t) do most = type(key) == "number" and math.max(most, key) or most end
        return most
      end,
    },
    math = {
      pow = function(a, b) return a ^ b end, mod = math.fmod, log10 = function(v) return math.log(v, 10) end, ldexp = function(m, e) return m * 2.0 ^ e end,
      randomseed = function() end, -- the run's seed decides
      random = function(from, to)
        if not from then return math.random() end
        if not to then return math.random(cut(from)) end
        return math.random(cut(from), cut(to))
      end,
    },
  }
end

local function bit32(v) return v & 0xffffffff end

--- A result of LuaJIT's bit library: 32 bits with a sign.
local function signed(v)
  v = bit32(v)
  return v >= 0x80000000 and v - 0x100000000 or v
end

local function folded(fn)
  return function(first, ...)
    local v = math.tointeger(first)
    for _, other in ipairs { ... } do v = fn(v, math.tointeger(other)) end
    return signed(v)
  end
end

local BIT = {
  tobit = signed, bnot = function(v) return signed(~v) end,
  band = folded(function(a, b) return a & b end), bor = folded(function(a, b) return a | b end), bxor = folded(function(a, b) return a ~ b end),
  lshift = function(v, n) return signed(v << (n & 31)) end, rshift = function(v, n) return signed(bit32(v) >> (n & 31)) end,
  arshift = function(v, n) return signed(signed(v) // (1 << (n & 31))) end,
  rol = function(v, n) return signed(bit32(v) << (n & 31) | bit32(v) >> (32 - (n & 31))) end,
  ror = function(v, n) return signed(bit32(v) >> (n & 31) | bit32(v) << (32 - (n & 31))) end,
  tohex = function(v, n) return ("%08x"):format(bit32(v)):sub(-(n or 8)) end,
}

--- The libraries, open as in Lua 5.1, with what later versions took away.
local function add_libraries(env)
  local sandbox = core.sandbox()
  local changed, methods = old(sandbox.string, sandbox.math), {}
  for _, name in ipairs(FUNCTIONS) do env[name] = sandbox[name] end
  for _, name in ipairs(LIBRARIES) do
    env[name] = {}
    for key, value in pairs(sandbox[name]) do env[name][key] = value end
    for key, value in pairs(changed[name] or {}) do env[name][key] = value end
  end
  for key, value in pairs(env.string) do methods[key] = value end
  core.methods(setmetatable(methods, { __index = function(_, key) return env.string[key] end })) -- and what a script adds to the library
  env.unpack = table.unpack
  env.tostring = function(v) return tostring(plain(v)) end
  env.os.getenv = function() end
  env.collectgarbage = function(what) return what == "count" and sandbox.collectgarbage "count" or 0 end
end

--- What reads and makes code: files of the script's folder alone.
local function add_loading(env, source)
  local chunk_name, loaded = "@" .. source.name, { bit = BIT }
  function env.loadstring(text, name) return load(text, name or "=(loadstring)", "t", env) end
  function env.load(chunk, name, _, own)
    if type(chunk) == "string" then return load(chunk, name or "=(load)", "t", own or env) end
    local parts = {}
    for part in chunk do parts[#parts + 1] = part end
    return env.loadstring(table.concat(parts), name)
  end
  function env.getfenv() return env end
  function env.setfenv() error("setfenv is not there: load(text, name, \"t\", environment) gives a function its environment", 0) end
  local function of_file(path) return assert(load(assert(core.read(source.folder, path)), "@" .. path, "t", env)) end
  function env.dofile(path) return of_file(path)() end
  function env.require(name)
    if FOREIGN[name] then foreign(name) end
    if loaded[name] == nil then
      local found, value = pcall(of_file, name:gsub("%.", "/") .. ".lua")
      if not found then error(("require %q: %s has no such module: %s"):format(name, chunk_name:sub(2), tostring(value)), 0) end
      value = value()
      loaded[name] = value == nil and true or value
    end
    return loaded[name]
  end
  local refusing = { __index = function(t) foreign(rawget(t, 1)) end, __newindex = function(t) foreign(rawget(t, 1)) end, __metatable = false }
  for name in pairs(FOREIGN) do env[name] = setmetatable({ name }, refusing) end
  env.bit = BIT
end

--- A file that is read: its text and where the reading is.
local File = {}
File.__index = File

function File:read(what)
  what = type(what) == "string" and what:gsub("^%*", "") or what or "l"
  local at = self.at
  if what == "a" then
    self.at = #self.text + 1
    return self.text:sub(at)
  end
  if at > #self.text then return nil end
  if type(what) == "number" then
    self.at = at + what
    return self.text:sub(at, at + what - 1)
  end
  if what == "n" then
    local from, to = self.text:find("^%s*[-+.%w]+", at)
    if not from then return nil end
    self.at = to + 1
    return tonumber(self.text:sub(from, to))
  end
  local stop = self.text:find("\n", at, true) or #self.text + 1
  self.at = stop + 1
  return self.text:sub(at, what == "L" and stop or stop - 1)
end
function File:lines(what) return function() return self:read(what) end end
function File:close() return true end

local function add_io(env, source, write)
  local function text_of(...)
    local parts = table.pack(...)
    for i = 1, parts.n do parts[i] = env.tostring(parts[i]) end
    return parts
  end
  function env.print(...) write(table.concat(text_of(...), "\t") .. "\n") end
  local out = setmetatable({ write = function(self, ...) write(table.concat(text_of(...))) return self end, flush = function() end, setvbuf = function() end }, File)
  env.io = { stdout = out, stderr = out, write = function(...) return out:write(...) end, flush = function() end }
  function env.io.open(path, mode)
    if mode and not mode:find "^rb?$" then return nil, path .. ": files are only read here" end
    local text, err = core.read(source.folder, path)
    if not text then return nil, tostring(err) end
    return setmetatable({ text = text, at = 1 }, File)
  end
  function env.io.lines(path) return assert(env.io.open(path)):lines() end
end

--- A request's text. Like wrk it sets Host and Content-Length in the table of headers that it is given.
local function formatter(wrk)
  local concat = table.concat
  return function(method, path, headers, body)
    headers, body = headers or wrk.headers, body or wrk.body
    if not headers.Host then headers.Host = wrk.headers.Host end
    headers["Content-Length"] = body and #body or nil
    local lines, n = { (method or wrk.method) .. " " .. (path or wrk.path) .. " HTTP/1.1" }, 1
    for name, value in next, headers do
      n = n + 1
      lines[n] = name .. ": " .. plain(value)
    end
    lines[n + 1], lines[n + 2] = "", body or ""
    return concat(lines, "\r\n")
  end
end

--- Whose addresses a script may look up: its target's, and this machine's.
local function may_look_up(wrk, host)
  return host == wrk.host or host == "localhost" or host:find "^127%." or host == "::1"
end

local function new_wrk(env, source)
  local wrk = { scheme = source.scheme, host = source.host, port = source.port, method = source.method, path = source.path, headers = {}, body = source.body }
  for name, value in pairs(source.headers) do wrk.headers[name] = value end
  local host, within = source.host, false
  wrk.format = formatter(wrk)
  function wrk.lookup(name, service)
    if not may_look_up(source, name) then error(("wrk.lookup: %s is not the host of the URL"):format(name), 0) end
    return assert(core.lookup(name, tostring(service)))
  end
  wrk.connect = core.connect
  --- wrk 4 calls the script's init from here; scripts of wrk 2 call this from theirs.
  function wrk.init(args)
    if not wrk.headers.Host then wrk.headers.Host = (host:find(":", 1, true) and "[" .. host .. "]" or host) .. (source.port and ":" .. source.port or "") end
    if not within and type(env.init) == "function" then
      within = true
      env.init(args)
      within = false
    end
    local static = wrk.format()
    wrk.request = function() return static end
  end
  return wrk
end

--- Runs a script's text in a new environment; gives it.
---@param source table { name, text, folder, url, args, scheme, host, port, path, method, body, headers }
---@param write fun(text: string) where its output goes
---@return table env
function M.run(source, write)
  local env = {}
  env._G = env
  add_libraries(env)
  add_loading(env, source)
  add_io(env, source, write)
  env.wrk = new_wrk(env, source)
  env.arg = source.args
  local chunk, err = load(source.text, "@" .. source.name, "t", env)
  if not chunk then error({ code = "syntax", message = err }, 0) end
  chunk()
  return env
end

--- Lines for the log: what a worker's script writes comes in pieces.
local function line_writer(log)
  local pending = ""
  return function(text)
    pending = pending .. text
    for line in pending:gmatch "([^\n]*)\n" do log(line) end
    pending = pending:match "[^\n]*$"
  end
end

--- A worker's script, ready to send.
---@param source table as M.run's, with threads = { { values, addr, elsewhere } ... }: what setup left for each
---@param index integer of the worker, from 1
---@param stop fun() ends the worker's part of the load
---@return table env
---@return string request the bytes of a script without its own request
function M.open(source, index, stop)
  local env = M.run(source, line_writer(print))
  local thread = source.threads[index] or { values = {} }
  for name, value in pairs(thread.values) do env[name] = value end
  env.wrk.thread = {
    addr = thread.addr, elsewhere = thread.elsewhere and thread.addr or nil, stop = stop,
    get = function(_, name) return env[name] end, set = function(_, name, value) env[name] = value end,
  }
  env.wrk.init(source.args)
  return env, env.wrk.request()
end

local PLAIN = { boolean = true, number = true, string = true }

--- A value without what cannot leave its state; nil when nothing is left.
local function plain_copy(value, depth)
  if PLAIN[type(value)] then return value end
  if type(value) ~= "table" or depth > 16 then return nil end
  local out = {}
  for k, v in pairs(value) do
    if PLAIN[type(k)] then out[k] = plain_copy(v, depth + 1) end
  end
  return out
end

local OURS = { _G = true, _VERSION = true, wrk = true, arg = true, io = true, ffi = true, jit = true, bit = true }
for _, name in ipairs(LIBRARIES) do OURS[name] = true end

--- What thread:get shows once the load is over: a worker's globals that are plain values.
---@param env table
---@return table
function M.globals(env)
  local out = {}
  for name, value in pairs(env) do
    if type(name) == "string" and not OURS[name] then out[name] = plain_copy(value, 0) end
  end
  return out
end

return M
