--- A finished load in figures: the object perilune.load/1, and what playbooks read of it.
local face = require "perilune.face"
local file = require "perilune.core.file"
local little = require "perilune.little"
local redact = require "perilune.redact"
local scenario = require "perilune.scenario"
local slow = require "perilune.slow"
local process = require "perilune.core.target"
local verdict = require "perilune.verdict"

local M = {}

local PHASES = { "dns", "connect", "tls", "send", "wait", "receive" }
local QUANTILES = { p50 = 0.5, p90 = 0.9, p95 = 0.95, p99 = 0.99, p99_9 = 0.999, p99_99 = 0.9999 }

--- A quantile, or nil of too few samples. The largest of them (p = 1) is always known.
local function known_quantile(h, p)
  if p >= 1 or h:count() * (1 - p) >= 10 - 1e-9 then return h:quantile(p) end
end

--- A histogram's figures in seconds; quantiles of too few samples (fewer than 10/(1-p)) are left out. Timeouts stand in it at
--- their limit: `beyond` holds, by name, the limit that a figure among them is only known to exceed.
---@param h any hist or nil
---@param timeouts integer|nil how many of the values are timeouts
---@param limit number|nil seconds
---@return table
function M.distribution(h, timeouts, limit)
  local count = h and h:count() or 0
  if count == 0 then return { count = 0 } end
  local d = { count = count, mean = h:mean(), stdev = h:stddev(), min = h:min(), max = h:max() }
  for name, p in pairs(QUANTILES) do d[name] = known_quantile(h, p) end
  if timeouts and timeouts > 0 then
    d.timeouts, d.limit, d.beyond = timeouts, limit, { max = limit }
    for name, p in pairs(QUANTILES) do
      if math.ceil(p * count) > count - timeouts then d.beyond[name] = limit end
    end
  end
  return d
end

local function sum_status(load, field)
  local status = {}
  for i = 1, #load.plans do
    for code, n in pairs(load.handle:details(i)[field]) do
      local key = tostring(code)
      status[key] = (status[key] or 0) + n
    end
  end
  return status
end

local function rows_of(load)
  local rows = {}
  for i, name in ipairs(load.names) do
    local limit = load.handle:stats(i).timeout_limit
    for _, row in ipairs(load.handle:rows(i)) do
      row.scenario = name
      row.latency = M.distribution(load.handle:hist(name, row.key, "latency"), row.errors.timeout, limit)
      row.service = M.distribution(load.handle:hist(name, row.key, "service"), row.errors.timeout, limit)
      rows[#rows + 1] = row
    end
  end
  return rows
end

local function list_of(load, field)
  local list = {}
  for i, name in ipairs(load.names) do
    for _, item in ipairs(load.handle:details(i)[field]) do
      item.scenario = name
      item.text = item.text and redact.url(item.text)
      list[#list + 1] = item
    end
  end
  return list
end

--- How many requests a list of texts speaks of.
local function count_of(list)
  local n = 0
  for _, item in ipairs(list) do n = n + item.count end
  return n
end

--- Has the scenario a plan of starts to be late against?
local function has_intended(plan) return plan.model == "open" or plan.pace > 0 end

--- The figures of each scenario of the load.
local function scenarios_of(load)
  local list = {}
  for i, plan in ipairs(load.plans) do
    local h = load.handle
    local stats = h:stats(i)
    list[i] = { name = plan.name, plan = plan, stats = stats, fit = h:fit(i), script_broke = verdict.script_broke(stats),
      latency = M.distribution(h:hist(plan.name, "", "latency"), stats.errors.timeout, stats.timeout_limit),
      service = M.distribution(h:hist(plan.name, "", "service"), stats.errors.timeout, stats.timeout_limit), intended = has_intended(plan) }
    list[i].little = little.check(plan, stats, M.distribution(h:hist(plan.name, "", "iteration")), plan.model == "open" and M.distribution(h:hist(plan.name, "", "lag")) or nil)
  end
  return list
end

--- What the kernel keeps the time by; nil where it does not tell.
local function clock_source()
  local text = file.read("/sys/devices/system/clocksource/clocksource0/current_clocksource")
  return text and text:match("%S+")
end

local function generator_of(load)
  local g, cpu, seconds = load.handle:generator(), 0, math.max(load.handle:stats().duration, 0.001)
  for _, w in ipairs(g.workers) do cpu = cpu + w.cpu_s end
  local found, scripted = load.target, load:is_scripted()
  local reasons, late = verdict.generator(g, function()
    local of_target, work = found.process and found.process.cpu_cores or 0, verdict.own_work(g.workers, seconds, scripted)
    return verdict.why_late(found.machine, cpu / seconds, of_target, work, scripted)
  end)
  return { verdict = g.limited and "limited" or "valid", brief = verdict.is_brief(g, seconds), reasons = reasons, late = late, warnings = g.warnings, cpu_s = cpu, workers = g.workers, rss_bytes = process.memory(),
    loopback = M.distribution(load.handle:loopback()), retransmits = g.retransmits, ports = { available = g.ports, waiting = g.ports_waiting },
    dropped = { datagrams = g.datagrams_dropped, segments = g.segments_dropped, connections = g.connections_dropped }, clock = { source = clock_source(), max_step = g.clock_step } }
end

local Result = {}
Result.__index = Result

--- A quantile of the load in seconds: result:quantile(0.99, "latency", { name = "checkout" }); nil of fewer than 10/(1-p) samples.
---@param p number
---@param metric string|nil "latency" (default), "service", "lag", "iteration" or a phase
---@param labels table|nil { scenario, name }
---@return number|nil
function Result:quantile(p, metric, labels)
  labels = labels or {}
  local h = self.handle:hist(labels.scenario or "", labels.name or "", metric or "latency")
  return h and known_quantile(h, p)
end

local FIELDS = { "names", "model", "arrivals", "duration", "stats", "rate", "rate_planned", "planned", "started", "dropped", "error_ratio",
  "status", "rows", "checks", "script_errors", "latency", "service", "lag", "phases", "valid", "reasons", "stopped", "limit" }

local result_face = face.kind("result", { quantile = { Result.quantile, "number:p", "string:metric?", "table:labels?" } })

--- What scripts hold of a result: copies of its figures, and quantile.
function Result.face(result)
  local fields = {}
  for _, name in ipairs(FIELDS) do
    local value = result[name]
    fields[name] = value == nil and face.NONE or face.export(value)
  end
  return result_face(result, fields)
end

local function any(list, test)
  for _, item in ipairs(list) do
    if test(item) then return true end
  end
  return false
end

--- What the handshakes agreed on, and whether a scenario did without verification; nil without TLS.
local function tls_of(load)
  local found = load.handle:tls()
  if not found then return nil end
  found.insecure = any(load.plans, function(plan) return plan.tls and plan.tls.insecure end)
  return found
end

--- Whether less than planned was answered; a closed loop plans nothing, so that a limited generator makes it short.
local function is_short(scenarios, limited)
  return any(scenarios, function(s) return verdict.is_short(s) or (s.plan.model ~= "open" and limited) end)
end

--- Adds lines to the generator's warnings, and to the reasons that playbooks read. Both are new lists: others hold the old ones.
local function warn(r, lines)
  r.reasons, r.generator.warnings = table.move(r.reasons, 1, #r.reasons, 1, {}), table.move(r.generator.warnings, 1, #r.generator.warnings, 1, {})
  for _, line in ipairs(lines) do
    r.reasons[#r.reasons + 1] = line
    table.insert(r.generator.warnings, line)
  end
end

--- Warns of each scenario whose figures contradict each other.
---@param r table result
---@param varied boolean|nil the load was changed on its way, by hand or by the playbook: its users varied, and nothing is marked
function M.mark_little(r, varied)
  if r.stopped or varied then return end
  local lines = {}
  for _, s in ipairs(r.scenarios) do
    if s.little.line then lines[#lines + 1] = #r.scenarios > 1 and s.name .. ": " .. s.little.line or s.little.line end
  end
  warn(r, lines)
end

--- Warns of fewer connections than were asked for.
---@param r table result
function M.mark_connections(r)
  local users = 0
  for _, plan in ipairs(r.plans) do users = users + (plan.model ~= "open" and scenario.volume(plan) or 0) end
  warn(r, { verdict.too_few_connections(r.plans, users, r.stats) })
end

--- The result of a load that has ended.
---@param load table
---@return table
function M.result(load)
  local h, stats = load.handle, load.handle:stats()
  local scenarios, generator = scenarios_of(load), generator_of(load)
  local limited, timeouts = generator.verdict == "limited", stats.errors.timeout
  local open, closed = any(load.plans, function(plan) return plan.model == "open" end), any(load.plans, function(plan) return plan.model ~= "open" end)
  local held_back = limited and (closed or not generator.brief) -- a closed loop sends the next request only when the answer was read
  local refused = list_of(load, "refused")
  local capped = verdict.capped(load.rate_cap, scenarios)
  local target_verdict, reasons = verdict.target(stats, scenarios, held_back or capped, count_of(refused))
  if target_verdict == "silent" then
    for _, s in ipairs(scenarios) do s.script_broke = verdict.script_broke(s.stats, true) end
  end
  local phases = {}
  for _, phase in ipairs(PHASES) do phases[phase] = M.distribution(h:hist("", "", phase)) end
  local start_ms, from_ms, to_ms = h:times()
  local r = setmetatable({
    names = load.names, plans = load.plans, scenarios = scenarios, model = open and "open" or "closed", arrivals = open and load.plans[1].law or nil,
    start_ms = start_ms, from_ms = from_ms, to_ms = to_ms, duration = stats.duration, stats = stats,
    rate = stats.rate_achieved,
    rate_planned = stats.rate_planned, planned = open and stats.planned or nil, started = stats.started,
    dropped = stats.dropped, error_ratio = stats.requests > 0 and stats.failed / stats.requests or 0,
    status = sum_status(load, "status"), unexpected = sum_status(load, "unexpected"), rows = rows_of(load), checks = list_of(load, "checks"),
    script_errors = list_of(load, "script_errors"), given_up = list_of(load, "given_up"), refused = refused,
    failures = list_of(load, "failures"), slow = slow.of(load), tls = tls_of(load), http2 = load.handle:http2(),
    all_refused = stats.requests > 0 and count_of(refused) == stats.requests,
    script_broke = any(scenarios, function(s) return s.script_broke end),
    latency = M.distribution(h:hist("", "", "latency"), timeouts, stats.timeout_limit), service = M.distribution(h:hist("", "", "service"), timeouts, stats.timeout_limit),
    lag = any(load.plans, has_intended) and M.distribution(h:hist("", "", "lag")) or nil, phases = phases,
    target = { verdict = target_verdict, reasons = reasons, process = load.target.process, url = load.target.url },
    colocated = load.target.colocated, generator = generator, valid = not limited, reasons = generator.reasons,
    stopped = load.stopped, changed_by_hand = load.changed_by_hand, handle = h, target_found = load.target, short = is_short(scenarios, limited),
  }, Result)
  M.mark_little(r, load.varied)
  M.mark_connections(r)
  if r.script_broke then
    generator.late, r.short, held_back = nil, false, false -- what was measured is the script's fault, nobody else's
  end
  r.limit, r.limit_tells_late = verdict.sentence(load.target, { limited = held_back, short = r.short, late = generator.late, saturated = target_verdict == "saturated",
    held = verdict.held(load.plans, stats), cap = capped and load.rate_cap })
  return r
end

return M
