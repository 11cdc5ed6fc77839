--- run:rightsize: how much a target should be given, by the rule of an autoscaler or by ours; or what a scaling policy would have done with it.
local core = require "perilune.core.rightsize"
local lines = require "perilune.lines"
local schema = require "perilune.schema"
local words = require "perilune.words"

local counted, percent = lines.counted, lines.share

local M = {}

local PER_CORE = { cores = 1, percent = 100, millicores = 1000 }
local STEPS_MOST = 10000 -- of a question to the timeline
local OOMS_MOST = 100000

local function fail(code, text, ...) error({ code = code, message = "rightsize: " .. text:format(...) }, 0) end

local function is_number(v) return type(v) == "number" and v == v and math.abs(v) ~= math.huge end

local function share(v) return percent(v, 3) end

--- Values, their step and the time of the first: numbers, { time, value } each, { values, times }, or a forecast, whose mean is taken.
local function points_of(list)
  local values, times = list.values or list.mean or {}, list.times or list.time or {}
  if #values == 0 then
    for i, item in ipairs(list) do
      if type(item) == "table" then values[i], times[i] = item.value or item[2] or 0 / 0, item.time or item[1] else values[i] = item end
    end
  end
  return values, #times > 1 and is_number(times[1]) and is_number(times[2]) and (times[#times] - times[1]) / (#times - 1) or nil, times[1]
end

--- The target's values: of an expression from the timeline, or given.
local function values_of(run, target, o)
  if type(target) == "table" then
    local values, step, begin = points_of(target)
    return values, o.step or step, begin
  end
  local step = o.step or 60
  local rows = run:query(target, { from = o.from, to = o.to, step = step })
  local values, first = {}, nil
  for _, row in ipairs(rows) do
    local labels = row.labels or {}
    local key = {}
    for k, v in pairs(labels) do key[#key + 1] = k .. "=" .. tostring(v) end
    table.sort(key)
    key = table.concat(key, ",")
    first = first or key
    if key ~= first then fail("invalid", "%s has several series; name one of them by its labels, or take their sum", target) end
    values[#values + 1] = row.value
  end
  if #values > STEPS_MOST then fail("limit", "%s has %d values; at most %d, take a longer step", target, #values, STEPS_MOST) end
  return values, step, rows[1] and rows[1].time
end

local function unknown(o, why)
  local r = { known = false, rule = o.rule, why = why }
  function r.explain() return "What to give is not known: " .. why .. "." end
  return r
end

local RULES = {}

--- When it ran out of memory, { time = seconds since the first value, request = bytes } in their order. A number is a moment of the values' own
--- times, or, where they have none, as a duration seconds after the first of them.
local function ooms_of(o, begin)
  if not o.ooms then return nil end
  if o.rule ~= "vpa_memory" then fail("invalid", "ooms belongs to rule = \"vpa_memory\"") end
  if #o.ooms > OOMS_MOST then fail("limit", "ooms: %d times out of memory; at most %d", #o.ooms, OOMS_MOST) end
  local out = {}
  for i, one in ipairs(o.ooms) do
    local what = ("ooms, item %d"):format(i)
    if type(one) ~= "table" or one.time == nil or one.request == nil then fail("invalid", "%s is { time = \"36h\", request = \"1GiB\" }", what) end
    local time = is_number(one.time) and one.time - (is_number(begin) and begin or 0) or schema.value("duration", one.time, what .. ": time")
    local request = schema.value("size", one.request, what .. ": request")
    if not (request and request > 0) then fail("invalid", "%s: request is a size above 0, \"1GiB\"", what) end
    if not time or time < 0 then fail("invalid", "%s: it is before the first value", what) end
    out[i] = { time = time, request = request }
  end
  table.sort(out, function(a, b) return a.time < b.time end)
  return out
end

--- As the Vertical Pod Autoscaler recommends: cores, or bytes.
local function recommend(values, o, step, begin)
  if not step or step <= 0 then fail("invalid", "%s needs the time between two values: step = \"5m\"", o.rule) end
  local of_memory, ooms = o.rule == "vpa_memory", ooms_of(o, begin)
  local got = of_memory and core.memory(values, step, ooms) or core.vpa(values, step, PER_CORE[o.unit])
  if not got.known then return unknown(o, "no value can be used") end
  local unit = of_memory and 1 or PER_CORE[o.unit] / 1000
  local name = of_memory and "bytes" or o.unit
  local r = { known = true, rule = o.rule, n = got.n, left_out = got.left_out, target = got.target * unit, lower = got.lower * unit, upper = got.upper * unit, unit = name }
  function r.explain()
    return ("Request %.6g %s: what the Vertical Pod Autoscaler would, from %s%s; it would act below %.6g and above %.6g."):format(r.target, name, counted(r.n, "value"),
      ooms and #ooms > 0 and (", and as it ran out of memory %s"):format(#ooms == 1 and "once" or #ooms == 2 and "twice" or #ooms .. " times") or "", r.lower, r.upper)
  end
  return r
end
RULES.vpa, RULES.vpa_memory = recommend, recommend

--- Ours: a size that keeps a share of violations.
function RULES.predictive(values, o)
  local got, kept = core.need_alone(values, o.violations, {})
  if not got and kept.code ~= "invalid" then error(kept, 0) end
  if not got then return unknown(o, kept.message) end
  if not got.known then return unknown(o, "no value can be used") end
  local r = { known = true, rule = "predictive", n = got.n, target = got.size, idle = got.idle, violations = got.violations, kept = kept, unit = o.unit }
  function r.explain()
    return ("Give %.6g: of %d values %s lay above, and %s of it would have lain idle. %s"):format(r.target, r.n, share(r.violations), share(r.idle),
      kept and ("A size from the first three quarters kept %s in the last."):format(share(o.violations)) or "No size from the past keeps so few violations: it grows, or it is too short.")
  end
  return r
end

local PERIOD_MOST = 1800 -- seconds, as Kubernetes has it

--- A policy of how fast replicas may change, as the core takes it.
local function policy_of(p, what)
  if type(p) ~= "table" then fail("invalid", "%s is { pods = 4, period = \"15s\" } or { percent = \"100%%\", period = \"15s\" }", what) end
  for key in pairs(p) do
    if key ~= "pods" and key ~= "percent" and key ~= "period" then fail("invalid", "%s: %s is not known (known: pods, percent, period)", what, tostring(key)) end
  end
  if (p.pods == nil) == (p.percent == nil) then fail("invalid", "%s has pods or percent", what) end
  local value = p.pods ~= nil and schema.value("integer", p.pods, what) or p.percent ~= nil and schema.value("ratio", p.percent, what)
  local period = schema.value("duration", p.period, what .. ": period")
  if value and p.percent ~= nil then value = math.floor(value * 100 + 0.5) end
  if not value or value < 1 then fail("invalid", "%s: %s", what, p.pods and "pods is a whole number of at least 1" or "percent is at least \"1%\"") end
  if not period or period <= 0 or period > PERIOD_MOST then fail("invalid", "%s: period is a duration above 0 and of at most 30 minutes", what) end
  return { percent = p.percent ~= nil, value = value, period = period }
end

local function policies_of(o, name)
  local list = o[name]
  if not list then return nil end
  if #list == 0 or #list > core.POLICIES_MAX then fail("invalid", "%s is a list of 1 to %d policies", name, core.POLICIES_MAX) end
  local out = {}
  for i, p in ipairs(list) do out[i] = policy_of(p, ("%s, item %d"):format(name, i)) end
  return out
end

--- What the Horizontal Pod Autoscaler, or with `ahead` a plan, would have made of the demand.
function RULES.hpa(values, o, step)
  if not step or step <= 0 then fail("invalid", "hpa needs the time between two values: step = \"1m\"") end
  if not o.per_replica then fail("invalid", "hpa needs what a replica carries: per_replica = \"120/s\"") end
  if o.tolerance >= 1 or o.tolerance < 0 then fail("invalid", "tolerance is a share from 0 to below 100%%") end
  if o.price and not (is_number(o.price) and o.price >= 0) then fail("invalid", "price is that of a replica an hour, 0 or more") end
  local got, err = core.play(values, { step = step, per_replica = o.per_replica, utilisation = o.utilisation, ready = o.ready, start = o.start or 1,
    least = o.least, most = o.most, down_window = o.down_window, up_window = o.up_window, down = o.tolerance, up = o.tolerance, ahead = o.ahead and (points_of(o.ahead)),
    down_policies = policies_of(o, "down_policies"), up_policies = policies_of(o, "up_policies"), down_select = o.down_select, up_select = o.up_select })
  if not got then fail(err.code, "%s", err.message) end
  got.known, got.rule = true, "hpa"
  got.cost = o.price and got.replica_hours * o.price
  function got.explain()
    return ("%d to %d replicas, %.6g hours of them%s, %d changes: %s of the time there were too few, %s of the demand was not served, %s of what ran lay idle."):format(
      got.least, got.most, got.replica_hours, got.cost and (" for %.6g"):format(got.cost) or "", got.changes, share(got.violations), share(got.unserved), share(got.idle))
  end
  return got
end

--- run:rightsize(target, options). target: an expression of one series of the timeline, a list of numbers or of { time, value }, or a forecast.
---
---     local size = run:rightsize("container_cpu_usage_cores{name='shop'}", { rule = "predictive", violations = "2%" })
---     local bytes = run:rightsize(memory, { rule = "vpa_memory", ooms = { { time = "36h", request = "1GiB" } } })
---     local played = run:rightsize(demand, { rule = "hpa", per_replica = "120/s", utilisation = "60%", ready = "90s" })
---@param run perilune.Run
---@param target string|table
---@param options table|nil { rule, violations, unit, step, from, to, ooms, per_replica, utilisation, ready, start, least, most, tolerance, down_window, up_window, down_policies, up_policies, down_select, up_select, ahead, price }
---@return table { known, why, rule, target, …, :explain() }
function M.run(run, target, options)
  local o = schema.check(words.options.rightsize, options, "rightsize")
  if not (o.violations > 0 and o.violations < 1) then fail("invalid", "violations is a share above 0 and below 100%%") end
  local values, step, begin = values_of(run, target, o)
  if #values == 0 then return unknown(o, "there are no values") end
  return RULES[o.rule](values, o, step, begin)
end

return M
