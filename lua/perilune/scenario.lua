--- Scenarios: from what people write to the plain plan that workers share.
local arrivals = require "perilune.arrivals"
local copy = require "perilune.copy"
local later = require "perilune.later"
local descriptors = later "perilune.descriptors"
local guard = require "perilune.core.guard"
local oauth = later "perilune.oauth"
local route = require "perilune.route"
local schema = require "perilune.schema"
local tls = later "perilune.tls"

local M = {}

--- What a scenario may say; the declarative half may be overridden by run:load.
M.DECLARATIVE = {
  arrivals = { "any" }, users = { "any" }, iterations = { "integer" }, iterations_each = { "integer" },
  duration = { "duration" }, warmup = { "duration", default = 0 }, offset = { "duration", default = 0 },
  grace = { "duration", default = 30 }, pace = { "duration", default = 0 }, base = { "string" },
  max_users = { "integer", default = 10000 }, max_waiting = { "integer", default = 100000 },
  connections = { "integer", default = 0 }, weight = { "number" }, tags = { "table" }, defaults = { "table" },
  state = { "string", choices = { "user", "iteration" } }, descriptors = { "string" },
}

local DEFAULTS = {
  headers = { "table", default = {} }, timeout = { "duration", default = 30 },
  connect_timeout = { "duration" }, first_byte_timeout = { "duration" }, follow = { "integer", default = 10 },
  auth = { "table" }, tls = { "table" }, trace = { "boolean" }, trace_ratio = { "ratio", default = 0 },
}

M.DEFAULTS = DEFAULTS

local REQUEST = {
  url = { "string", required = true }, method = { "string", default = "GET" }, headers = { "table", default = {} },
  body = { "text" }, name = { "string" }, timeout = { "duration" }, expect = { "any" }, auth = { "table" },
  pipeline = { "integer" }, body_file = { "string" }, chunked = { "boolean" }, expect100 = { "boolean" }, compress = { "string", choices = { "gzip", "deflate", "br", "zstd" } },
}

for name, rule in pairs(route.KEYS) do M.DECLARATIVE[name] = rule end

local function full_schema()
  local s = { user = { "function" }, request = { "table" }, start = { "function" }, stop = { "function" } }
  for name, rule in pairs(M.DECLARATIVE) do s[name] = rule end
  return s
end
local SCENARIO = full_schema()
M.SCHEMA = SCENARIO

local function invalid(what, why)
  error({ code = "invalid", message = what .. ": " .. why }, 0)
end

--- "2xx,404" or 404 or {200, 404} as ranges {{200, 299}, {404, 404}}; nil for the default.
---@param expect any
---@param what string
---@return table|nil
function M.expected(expect, what)
  if expect == nil then return nil end
  local list = type(expect) == "table" and expect or { expect }
  local ranges = {}
  for _, item in ipairs(list) do
    for word in tostring(item):gmatch("[^,%s]+") do
      local class, exact = word:match("^(%d)xx$"), word:match("^(%d%d%d)$")
      if class then
        ranges[#ranges + 1] = { class * 100, class * 100 + 99 }
      elseif exact then
        ranges[#ranges + 1] = { tonumber(exact), tonumber(exact) }
      else
        invalid(what, ("expect: %q is no status; write \"2xx,404\""):format(word))
      end
    end
  end
  return ranges
end

--- Headers { Name = value } or { Name = { value, value } } as an array of pairs in a stable order.
---@param ... table later tables replace names of earlier ones
---@return table
function M.headers(...)
  local by_name, out = {}, {}
  for _, headers in ipairs { ... } do
    for name, value in pairs(headers) do
      if type(name) ~= "string" then
        error({ code = "invalid", message = ('headers are { accept = "text/html" }; entry %s has no name; pl.headers reads lines of text'):format(tostring(name)) }, 0)
      end
      by_name[name:lower()] = { name, type(value) == "table" and value or { value } }
    end
  end
  local names = {}
  for name in pairs(by_name) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    for _, value in ipairs(by_name[name][2]) do out[#out + 1] = { by_name[name][1], guard.is_secret(value) and value or tostring(value) } end
  end
  return out
end

--- Room for so many starts at a rate: Poisson arrivals may come late.
local function room(count, rate, law)
  if law == "even" then return count / rate end
  return 2 * count / rate + 100 / rate
end

--- The duration of the plan's stages, ended by the scenario's duration, or by its number of starts.
local function fit(stages, seconds, duration, what, count, law)
  if seconds == nil then
    if not duration and count and stages[1][2] > 0 then duration = room(count, stages[1][2], law) end
    if not duration or duration <= 0 then invalid(what, "duration is missing, for instance duration = \"30s\"") end
    return { { duration, stages[1][2], true } }, duration
  end
  return stages, duration or seconds
end

--- Refuses what is no arrivals: a level alone does not say by which law starts come.
local function refuse_arrivals(value, what)
  local kind = type(value) == "table" and value.perilune
  if kind == "arrivals" then return end
  if kind == "stages" or kind == "curve" then invalid(what, ("arrivals: wrap it: pl.even(pl.%s(…)) or pl.poisson(pl.%s(…))"):format(kind, kind)) end
  invalid(what, 'arrivals: use pl.even "100/s" or pl.poisson "100/s"')
end

local function read_model(s, out, what, context)
  local models = 0
  for _, key in ipairs { "arrivals", "users", "iterations", "iterations_each" } do
    local count = key == "users" and (s.iterations or s.iterations_each) or key == "iterations" and s.arrivals
    if s[key] ~= nil and not count then models = models + 1 end
  end
  if models == 0 then
    invalid(what, 'say how users come: arrivals = pl.even "100/s" (open), users = 50 (closed), iterations = 1000 or iterations_each = 20')
  end
  if models > 1 then invalid(what, "arrivals, users and iterations_each exclude each other") end
  if s.arrivals then
    refuse_arrivals(s.arrivals, what)
    local a = arrivals.arrivals(s.arrivals, s.duration, what, context, out.name)
    out.model, out.law, out.iterations = "open", a.law, s.iterations
    out.trace, out.speed, out.trace_period, out.shard = a.trace, a.speed, a.trace_period, a.shard
    out.stages, out.duration = fit(a.stages, a.seconds, s.duration, what, s.iterations, out.law)
  elseif s.iterations or s.iterations_each then
    out.model = s.iterations and "iterations" or "iterations_each"
    out.iterations = s.iterations or s.iterations_each
    out.users = math.tointeger(tonumber(s.users or 1)) or invalid(what, "users is a whole number beside iterations")
    if s.iterations then out.users = math.min(out.users, s.iterations) end -- more would find nothing to do
    out.duration, out.stages = s.duration or 600, {}
  else
    out.model = "closed"
    local stages, seconds = arrivals.read(s.users, "users", what .. ": users", s.duration)
    out.stages, out.duration = fit(stages, seconds, s.duration, what)
  end
end

local function read_request(s, out, what)
  local request = schema.check(REQUEST, s.request, what .. ": request")
  out.method, out.url, out.body, out.request_name = request.method:upper(), request.url, request.body, request.name
  if not out.url:match("^%a+:") then
    if not s.base then invalid(what, "request.url is relative and there is no base") end
    out.url = s.base:gsub("/$", "") .. (out.url:match("^/") and out.url or "/" .. out.url)
  end
  out.expected = M.expected(request.expect, what)
  if request.body_file and (request.body or request.compress) then invalid(what, "request: body_file stands alone; compress the file itself") end
  out.body_file, out.chunked, out.expect100, out.compress = request.body_file, request.chunked, request.expect100, request.compress
  if request.pipeline and (request.pipeline < 1 or s.http2) then invalid(what, "request: pipeline is a number of HTTP/1.1 requests, from 1 on") end
  out.pipeline = request.pipeline
  out.timeout = request.timeout
  out.auth = request.auth
  return request.headers
end

--- The name of a static request with its scenario's tags, as load/plan.h writes them.
local function tagged_name(out)
  local name, names = out.request_name or out.method .. " " .. (out.url:match("^%a+://[^/?#]*([^?#]*)") or "/"), {}
  for tag in pairs(out.tags) do names[#names + 1] = tag end
  table.sort(names)
  for _, tag in ipairs(names) do name = name .. "\x1f" .. tag .. "=" .. tostring(out.tags[tag]) end
  return name
end

local AUTH = { basic = true, bearer = true, digest = true, sigv4 = true, oauth2 = true }

--- Checks that auth = { basic = { user =, password = } }, { bearer = token }, { digest = { user =, password = } } or
--- { sigv4 = { key =, secret =, region =, service = } } or { oauth2 = { token_url =, client_id =, client_secret = } } is one of these; its fields are checked when the load starts.
---@param auth table|nil
---@param what string
---@return table|nil
function M.auth(auth, what)
  if auth == nil then return nil end
  local kind = next(auth)
  if not AUTH[kind] or next(auth, kind) ~= nil then invalid(what, "auth: give one of basic, bearer, digest, sigv4, oauth2") end
  if kind ~= "bearer" and type(auth[kind]) ~= "table" then invalid(what, ("auth: %s is a table"):format(kind)) end
  if kind == "oauth2" then oauth.check(auth.oauth2, function(message) invalid(what, message) end) end
  return auth
end

--- Headers written one a line, "A: 1\nB: 2", as a table { name = { values } }: a name that stands there twice is sent twice.
---@param text string
---@return table
function M.header_lines(text)
  local headers, key_of = {}, {}
  for line in text:gmatch("[^\r\n]+") do
    local name, value = line:match("^%s*([^:%s]+):%s*(.-)%s*$")
    if not name then error({ code = "invalid", message = ("header %q: write NAME: VALUE"):format(line) }, 0) end
    local key = key_of[name:lower()] or name
    key_of[name:lower()], headers[key] = key, headers[key] or {}
    table.insert(headers[key], value)
  end
  return headers
end

--- One scenario as the plan has it (bind/plan.h).
---@param name string
---@param scenario table as written
---@param overrides table|nil declarative fields given to run:load
---@param context table|nil { folder, seed }: where traces lie, what bursts are drawn from
---@return table
function M.plan(name, scenario, overrides, context)
  local what = "scenario " .. name
  if not name:match("^[%w_%-]+$") then invalid(what, "a name is letters, digits, _ and -") end
  local merged = copy.shallow(scenario)
  for k, v in pairs(overrides or {}) do
    merged[k] = v
    if k == "users" and scenario.arrivals then merged.arrivals = nil end
  end
  if overrides and overrides.arrivals then merged.users, merged.iterations, merged.iterations_each = overrides.users, overrides.iterations, overrides.iterations_each end
  if scenario.arrivals and merged.arrivals and scenario.pace then invalid(what, "pace is of users that begin again (users, iterations); arrivals say themselves when starts come") end
  local s = schema.check(SCENARIO, merged, what)
  if (s.user == nil) == (s.request == nil) then invalid(what, "give either user = function(user) ... end or request = { url = ... }") end
  local defaults = schema.check(DEFAULTS, s.defaults, what .. ": defaults")
  local out = {
    name = name, scripted = s.user ~= nil, has_stop = s.user ~= nil and s.stop ~= nil, warmup = s.warmup, offset = s.offset, grace = s.grace, pace = s.pace,
    base = s.base, max_users = s.max_users, max_waiting = s.max_waiting, max_connections = s.connections,
    timeout = defaults.timeout, connect_timeout = defaults.connect_timeout, first_byte_timeout = defaults.first_byte_timeout, follow = defaults.follow, traced = defaults.trace or defaults.trace_ratio > 0, kept = defaults.trace_ratio, tags = s.tags,
  }
  read_model(s, out, what, context or {})
  if out.warmup >= out.duration and out.warmup > 0 then invalid(what, "warmup is as long as the whole duration: nothing would be measured") end
  if defaults.follow < 0 or defaults.follow > 50 then invalid(what, ("defaults: follow = %d: redirects that are followed, from 0 to 50"):format(defaults.follow)) end
  local timeout = out.timeout
  local request_headers = s.request and read_request(s, out, what) or {}
  out.timeout = out.timeout or timeout
  if out.pipeline and out.traced then invalid(what, "request: pipeline does not go with defaults.trace") end
  out.auth = M.auth(out.auth or defaults.auth, what)
  route.plan(s, out, what)
  if out.pipeline and (out.requests_per_connection or out.pipeline) % out.pipeline ~= 0 then
    invalid(what, ("request: pipeline = %d sends such a row whole on one connection, and requests_per_connection = %d is no multiple of it"):format(out.pipeline, out.requests_per_connection))
  end
  local place = context and context.folder or "."
  if s.descriptors then out.descriptors = descriptors.read(s.descriptors, what, place) end
  if defaults.tls then out.tls = tls.plan(defaults.tls, what .. ": defaults", place) end
  if s.request and s.tags then out.request_name = tagged_name(out) end
  out.headers = M.headers(defaults.headers, request_headers)
  local state = s.state or (out.model == "open" and "iteration" or "user")
  out.fresh_state = state == "iteration"
  return out
end

--- Peak starts per second (open) or users (closed), and all starts planned: for `perilune plan` and grants.
---@param plan table one scenario's plan
---@return number peak
---@return number|nil starts nil where they depend on the answers
function M.volume(plan)
  local peak, area, before, left = 0, 0, 0, plan.duration or math.huge
  for _, stage in ipairs(plan.stages) do
    local from, seconds = stage[3] and stage[2] or before, math.min(stage[1], left)
    local to = seconds < stage[1] and from + (stage[2] - from) * seconds / stage[1] or stage[2]
    peak = math.max(peak, from, to)
    area = area + seconds * (from + to) / 2
    before, left = stage[2], left - seconds
    if left <= 0 then break end
  end
  if plan.model == "open" then return peak, math.min(area, plan.iterations or area) end
  if plan.model == "closed" then return peak, nil end
  return plan.users, plan.model == "iterations" and plan.iterations or plan.iterations * plan.users
end

--- Starts per second that an open plan has at a moment.
---@param plan table
---@param at number seconds after its begin
---@return number
function M.rate_at(plan, at)
  local before, from = 0, 0
  for _, stage in ipairs(plan.stages) do
    local seconds, level, jumps = stage[1], stage[2], stage[3]
    if at < from + seconds then
      return jumps and level or before + (level - before) * (at - from) / seconds
    end
    before, from = level, from + seconds
  end
  return 0
end

--- The host a URL names, or nil.
---@param url string|nil
---@return string|nil
function M.host(url)
  if not url then return nil end
  return url:match("^%a+://%[([^%]]+)%]") or url:match("^%a+://[^/@]*@([^:/]+)") or url:match("^%a+://([^:/?#]+)")
end

return M
