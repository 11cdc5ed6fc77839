--- wrk's scripts on the control side: setup before a load, done after it.
local core = require "perilune.core.wrk"
local engine = require "perilune.core.engine"
local script = require "perilune.wrk_script"

local M = {}

local Script = {}
Script.__index = Script

--- What the plan and the command line say of the request, as wrk has it.
local function source_of(given, plan)
  local scheme, authority, path = plan.url:match "^(%a+)://([^/?#]*)([^#]*)"
  if not scheme then error({ code = "invalid", message = "--wrk-script: the URL is http:// or https://" }, 0) end
  authority = authority:gsub("^.*@", "")
  local host, port = authority:match "^%[(.-)%]:?(%d*)$"
  if not host then host, port = authority:match "^([^:]*):?(%d*)$" end
  local headers = {}
  for _, header in ipairs(plan.headers) do headers[header[1]] = header[2] end
  local args = { [0] = plan.url }
  table.move(given.args or {}, 1, #(given.args or {}), 1, args)
  return {
    name = given.name, text = given.text, folder = given.folder, args = args, scheme = scheme, host = host, port = port ~= "" and port or nil,
    path = path:find "^/" and path or "/" .. path, method = plan.method or "GET", body = plan.body, headers = headers,
  }
end

--- A thread as setup and done see it. `values` is what it holds so far.
local function new_thread(values, env)
  return {
    set = function(_, name, value) values[name] = value end,
    get = function(_, name)
      if values[name] == nil then return env[name] end
      return values[name]
    end,
    stop = function() end,
  }
end

--- The first address of the target that takes a connection, as wrk has it before setup. Without one the first at all, or nil: the load
--- itself will tell that nobody answers.
local function first_address(source)
  local list = core.lookup(source.host, source.port or source.scheme) or {}
  for _, addr in ipairs(list) do
    if core.connect(addr) then return addr end
  end
  return list[1]
end

--- Runs the script's text and its setup for each worker.
---@param given table { name, text, folder, args }
---@param plan table scenario plan, whose URL, headers, method and body the script finds in `wrk`
---@param workers integer
---@param write fun(text: string)
---@return table script { source, hosts }
function M.begin(given, plan, workers, write)
  local source = source_of(given, plan)
  local env = script.run(source, write)
  local static_name = env.wrk.method .. " " .. env.wrk.path:match "^[^?]*"
  plan.scripted, plan.body, plan.request_name = true, nil, type(env.request) == "function" and source.name or static_name
  local self = setmetatable({ source = source, env = env, threads = {}, hosts = {} }, Script)
  source.threads = {}
  local set_up = type(env.setup) == "function" and env.setup
  local first = set_up and first_address(source) or nil
  for i = 1, workers do
    local values = {}
    local thread = new_thread(values, env)
    thread.addr = first
    if set_up then set_up(thread) end
    source.threads[i] = { values = values, addr = thread.addr and tostring(thread.addr), elsewhere = thread.addr ~= first }
    self.threads[i] = thread
    local host, port = tostring(source.threads[i].elsewhere and source.threads[i].addr or ""):match "^%[?(.-)%]?:(%d+)$"
    if host then self.hosts[#self.hosts + 1] = { host = host, port = math.tointeger(tonumber(port)), suffix = false } end
  end
  return self
end

--- Figures of a distribution as wrk shows them: by name, and latency(i) gives the i-th value with its count.
---@param hist userdata
---@param scale number from the histogram's unit to wrk's
---@return table
local function statistics(hist, scale)
  local function whole(v) return math.floor((v or 0) * scale + 0.5) end
  local _, values, counts = hist:cells()
  return setmetatable({ min = whole(hist:min()), max = whole(hist:max()), mean = (hist:mean() or 0) * scale, stdev = (hist:stddev() or 0) * scale,
    percentile = function(_, p) return whole(hist:quantile(math.min(math.max(p / 100, 0), 1))) end },
    { __len = function() return #values end, __call = function(_, i) return whole(values[i]), counts[i] or 0 end })
end

--- Calls the script's done with what the load measured.
---@param handle userdata of the ended load
function Script:done(handle)
  if type(self.env.done) ~= "function" then return end
  for i, thread in ipairs(self.threads) do
    local globals = handle:wrk_globals(i) or {}
    thread.get = function(_, name) return globals[name] end
  end
  local stats = handle:stats()
  local e = stats.errors
  local read = e.reset + e.truncated + e.protocol
  local connect = e.dns + e.connect + e.tls
  local summary = {
    duration = math.floor(stats.duration * 1e6), requests = stats.requests - read - connect - e.timeout, bytes = stats.bytes_received,
    errors = { connect = connect, read = read, write = 0, status = e.status, timeout = e.timeout },
  }
  local hist = require "perilune.core.hist"
  self.env.done(summary, statistics(handle:hist("", "", "latency") or hist.new(), 1e6), statistics(handle:wrk_rates(), 1e9))
end

--- Where the script's output goes: to the result, unless that is JSON.
---@param stdout_taken boolean
---@return fun(text: string)
function M.writer(stdout_taken)
  return function(text) engine.write(stdout_taken and "progress" or "result", text) end
end

return M
