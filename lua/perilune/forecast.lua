--- run:forecast, and what `perilune forecast` says of one series: what comes, how sure that is, and when a limit is reached.
local calendar = require "perilune.calendar"
local clock = require "perilune.core.clock"
local core = require "perilune.core.outlook"
local json = require "perilune.core.json"
local later = require "perilune.later"
local promql = require "perilune.promql"
local schema = require "perilune.schema"
local units = require "perilune.core.units"
local words = require "perilune.words"
local writer = later "perilune.core.writer" -- only runs have it

local M = {}

local STEPS_MOST = 20000 -- of a horizon
local DAILY = { daily_max = "max", daily_mean = "mean", daily_min = "min", daily_p95 = "p95" }
local NICE = { 1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440 }

local function fail(code, text, ...) error({ code = code, message = "forecast: " .. text:format(...) }, 0) end

--- A moment, to the second.
---@param seconds number since 1970
---@return string
function M.iso(seconds) return (clock.iso(math.floor(seconds) * 1000000000):gsub("%.%d+Z$", "Z")) end

local function duration(seconds) return units.format("duration", seconds) end

--- A number as people read it.
---@param v number
---@return string
function M.number(v)
  if v == 0 or (math.abs(v) >= 1e-3 and math.abs(v) < 1e7) then return (("%.5g"):format(v)) end
  return ("%.4g"):format(v)
end

--- The grid that is looked ahead of: in days where that is wanted, with longer steps where the horizon has too many.
local function grid_of(times, values, o)
  local grid, err = core.grid(times, values)
  if not grid then fail(err.code, "%s", err.message) end
  local daily = o.of and DAILY[o.of]
  if daily then
    grid, err = grid:daily(daily)
    if not grid then fail(err.code, "of = %s: %s", o.of, err.message) end
    return grid
  end
  local facts, wider = grid:facts(), nil
  for _, by in ipairs(NICE) do
    wider = wider or (o.horizon / (facts.step * by) <= STEPS_MOST and by) or nil
  end
  if not wider then fail("limit", "%s is more than %d steps of %s: forecast by the day, of = \"daily_max\"", duration(o.horizon), STEPS_MOST * 1440, duration(facts.step)) end
  if wider == 1 then return grid end
  return assert(core.grid(times, values, facts.step * wider))
end

--- Seasons in steps: those asked for, or those found.
local function seasons_of(grid, facts, o)
  if not o.season then return grid:periods() end
  local out = {}
  for _, length in ipairs(o.season) do
    local steps = math.floor(length / facts.step + 0.5)
    if steps >= 2 and 2 * steps <= facts.n and #out < 3 then out[#out + 1] = steps end
  end
  table.sort(out)
  return out
end

local function array(list) return json.array(table.move(list, 1, #list, 1, {})) end

local function share(x) return ("%.0f %%"):format(100 * x) end

--- "drift 46 %, growth 30 %", the largest first.
local function models_text(weights)
  local names = {}
  for name, weight in pairs(weights) do
    if weight >= 0.005 then names[#names + 1] = name end
  end
  table.sort(names, function(a, b) return weights[a] > weights[b] or (weights[a] == weights[b] and a < b) end)
  for i, name in ipairs(names) do names[i] = ("%s %s"):format(name, share(weights[name])) end
  return table.concat(names, ", ")
end

local function trend_text(r)
  local day = r.slope * 86400 / r.step
  local unit, per = "day", day
  if r.step * #r.mean < 2 * 86400 then unit, per = "hour", day / 24 end
  if math.abs(r.slope * #r.mean) < (r.hi[#r.hi] - r.lo[#r.lo]) / 10 then return "No trend that stands out of the noise." end
  return ("Its trend: %s%s a %s."):format(per > 0 and "+" or "", M.number(per), unit)
end

local function test_text(r)
  local t = r.back_test
  if t.origins == 0 then return "Too few values for a back-test: the interval is what the models say of themselves." end
  local against = t.mase and t.naive_mase and ("its errors were %s of the seasonal naive method's (MASE %.2f, %.2f)"):format(t.naive_mase > 0 and share(t.mase / t.naive_mase) or "?", t.mase, t.naive_mase)
    or "its errors could not be scaled, the series being constant"
  return ("Back-test from %d moments of the past, up to %d steps ahead: %s; %s of what came lay in the %s interval."):format(t.origins, t.steps, against, share(t.coverage or 0), share(r.level))
end

--- What was done and how good it is, in plain words.
local function explain(r)
  local seasons = {}
  for i, s in ipairs(r.seasons) do seasons[i] = duration(s) end
  local lines = {
    ("%d values, one each %s, %s to %s%s."):format(r.n, duration(r.step), M.iso(r.from), M.iso(r.to), r.missing > 0 and (" (%d missing)"):format(r.missing) or ""),
    #seasons > 0 and ("Seasons: %s."):format(table.concat(seasons, ", ")) or "No season.",
    ("Models, by how well each did in the back-test: %s."):format(models_text(r.weights)),
    trend_text(r), test_text(r),
  }
  if #r.events > 0 then lines[#lines + 1] = ("Learnt from the past: %s."):format(table.concat(r.events, ", ")) end
  if #r.unknown > 0 then lines[#lines + 1] = ("Never before, so that what they do is not known: %s."):format(table.concat(r.unknown, ", ")) end
  return table.concat(lines, "\n")
end

--- The limit as lo and hi, and whether it is a floor.
local function limit_of(limit, options)
  local o = options or {}
  local lo, hi = limit, limit
  if type(limit) == "table" then
    lo, hi = limit.lo or limit.rate or limit.value, limit.hi or limit.rate or limit.value
    if limit.known == false then fail("invalid", "crosses: the limit is not known: %s", tostring(limit.why)) end
  elseif type(limit) == "string" then
    lo = units.parse("number", limit) or units.parse("size", limit) or units.parse("rate", limit) or units.parse("ratio", limit)
    hi = lo
  end
  if type(lo) ~= "number" or type(hi) ~= "number" or lo ~= lo or hi ~= hi or math.abs(lo) == math.huge or math.abs(hi) == math.huge then
    fail("invalid", "crosses takes a number, or { lo, hi } such as run:search gives, not %s", schema.show(limit))
  end
  return math.min(lo, hi), math.max(lo, hi), o.floor and true or false
end

local function date_text(c, at)
  if not at then return "not within the horizon" end
  return ("%s (in %s)"):format(M.iso(at), duration(math.floor((at - c.since) / 60 + 0.5) * 60))
end

--- One line about a crossing.
local function crossing_text(c)
  local what = c.lo == c.hi and M.number(c.lo) or ("%s to %s"):format(M.number(c.lo), M.number(c.hi))
  local how = c.floor and "falls below" or "passes"
  if c.already then return ("It is already %s %s."):format(c.floor and "below" or "above", what) end
  if not c.p10 then return ("It %s %s not within the horizon of %s (chance %s)."):format(how, what, duration(c.horizon), share(c.chance)) end
  return ("It %s %s, p10 %s, p50 %s, p90 %s; chance within the horizon %s."):format(how, what, date_text(c, c.p10), date_text(c, c.p50), date_text(c, c.p90), share(c.chance))
end

--- When the series crosses a limit: dates, nil where not within the horizon, and the chance within a time from the last value on.
local function crosses(r, outlook, limit, options)
  local lo, hi, floor = limit_of(limit, options)
  local crossing, err = outlook:crosses(lo, hi, floor)
  if not crossing then fail(err.code, "%s", err.message) end
  local facts = crossing:facts()
  local c = { lo = lo, hi = hi, floor = floor, chance = facts.chance, horizon = #r.mean * r.step, since = r.to }
  c.already = floor and r.last < lo or not floor and r.last > hi
  for _, p in ipairs { "p10", "p50", "p90" } do c[p] = facts[p] and r.to + facts[p] * r.step end
  function c.chance_within(_, d)
    local seconds = schema.value("duration", d, "chance_within")
    return crossing:within(seconds / r.step)
  end
  c.text = crossing_text(c)
  function c.explain() return c.text end
  return c
end

local function intervals_of(outlook, levels)
  local out = {}
  for i, level in ipairs(levels) do
    local lo, hi = outlook:interval(level)
    if not lo then fail(hi.code, "%s", hi.message) end
    out[i] = { level = level, lo = lo, hi = hi }
  end
  return out
end

--- Looks ahead of one series.
---@param times number[] seconds since 1970, in any order
---@param values number[]
---@param o table { horizon: seconds, season: seconds each or nil, of, events: { name, from, to } each, levels, ceiling }
---@return table { time, mean, lo, hi, level, intervals, model, weights, mase, back_test, seasons, step, n, from, to, last, missing, :crosses(limit, { floor }), :explain() }
function M.ahead(times, values, o)
  local grid = grid_of(times, values, o)
  local facts = grid:facts()
  local horizon = math.max(1, math.ceil(o.horizon / facts.step - 1e-9))
  if horizon > STEPS_MOST then fail("limit", "a horizon of %d steps, more than %d", horizon, STEPS_MOST) end
  local seasons = seasons_of(grid, facts, o)
  local columns, names, unknown = calendar.columns(o.events or {}, facts, horizon)
  local levels = o.levels or { 0.95 }
  local outlook, err = grid:look { horizon = horizon, level = math.max(table.unpack(levels)), seasons = seasons, ceiling = o.ceiling, columns = columns }
  if not outlook then fail(err.code, "%s", err.message) end
  local said = outlook:facts()
  local r = { step = facts.step, n = facts.n, from = facts.start, to = facts.start + (facts.n - 1) * facts.step, last = facts.last, missing = facts.missing, model = said.model, weights = said.weights,
    mase = said.mase, slope = said.slope, level = math.max(table.unpack(levels)), seasons = {}, time = {}, events = names, unknown = unknown,
    back_test = { origins = said.origins, steps = said.tested, mase = said.mase, naive_mase = said.naive_mase, coverage = said.coverage } }
  for i, steps in ipairs(seasons) do r.seasons[i] = steps * facts.step end
  r.mean, r.lo, r.hi = outlook:values()
  for i = 1, horizon do r.time[i] = r.to + i * facts.step end
  r.intervals = intervals_of(outlook, levels)
  function r.crosses(_, limit, options) return crosses(r, outlook, limit, options) end
  function r.explain() return explain(r) end
  function r.history() return grid:values() end
  return r
end

--- Times and values of what a playbook gives: a list of { time, value } (run:query's rows too), { times, values }, or what run:fetch gave.
local function points_of(series)
  local times, values = {}, {}
  if series.times and series.values then return series.times, series.values end
  for i, p in ipairs(series) do
    local time, value = p.time or p[1], p.value or p[2]
    if type(time) ~= "number" or type(value) ~= "number" then fail("invalid", "point %d is no { time = seconds, value = number }", i) end
    times[i], values[i] = time, value
  end
  return times, values
end

--- Rows of several series cannot be looked ahead of as one.
local function check_one(series)
  if series.series and #series.series > 1 then fail("invalid", "%s has %d series; give one of its .series, or fetch their sum", tostring(series.name), #series.series) end
  local first
  for _, p in ipairs(series) do
    if type(p) ~= "table" or not p.labels then return end
    local text = promql.series_text(p.labels)
    first = first or text
    if text ~= first then fail("invalid", "the rows are of several series, such as %s and %s; ask for one, or for their sum", first, text) end
  end
end

local function is_synthetic(series)
  local first = type(series[1]) == "table" and series[1].labels
  local labels = series.labels or first or {}
  return series.origin == "synthetic" or labels.origin == "synthetic"
end

--- A metric by its name or selector: all its history on this timeline, of any run.
local function of_name(run, expr)
  assert(writer.sync())
  local now = clock.wall() / 1e6
  local found = promql.ask(run:reader(), ("%s[3650d]"):format(expr), { at = now }).series
  if #found == 0 then fail("not_found", "%s", promql.nothing(run:reader(), expr)) end
  if #found > 1 then fail("invalid", "%s has %d series; name one by its labels", expr, #found) end
  return { times = found[1].times, values = found[1].values, labels = found[1].labels }
end

local function seconds_of(value, name)
  if value == nil then return nil end
  local out = {}
  for i, v in ipairs(type(value) == "table" and value or { value }) do out[i] = schema.value("duration", v, name) end
  return out
end

local function levels_of(levels)
  if levels == nil then return nil end
  local out = {}
  for i, v in ipairs(levels) do
    out[i] = schema.value("ratio", v, "levels")
    if out[i] <= 0 or out[i] >= 1 then fail("invalid", "levels are between 0 and 1, such as { 0.8, 0.95 }") end
  end
  return #out > 0 and out or fail("invalid", "levels is empty")
end

--- run:forecast(series, options).
---@param run perilune.Run
---@param series table|string what run:fetch or run:query gave, a list of { time, value }, or the selector of a series of the timeline
---@param options table { horizon, season, of, events, levels, ceiling, synthetic }
---@return table as M.ahead gives it
function M.run(run, series, options)
  local o = schema.check(words.options.forecast, options or {}, "forecast")
  if type(series) == "string" then series = of_name(run, series) end
  check_one(series)
  if is_synthetic(series) and not o.synthetic then
    fail("invalid", "the series is synthetic: a test's own load says nothing of what users will do; synthetic = true forecasts it all the same")
  end
  local times, values = points_of(series)
  if #times == 0 then fail("invalid", "the series is empty") end
  local r = M.ahead(times, values, { horizon = o.horizon, season = seconds_of(o.season, "season"), of = o.of, levels = levels_of(o.levels), ceiling = o.ceiling,
    events = calendar.events(o.events, run.prepared and run.prepared.spec.folder) })
  for _, name in ipairs(r.unknown) do run:note(("forecast: %s was never before in the series, so that its effect is not known"):format(name)) end
  return r
end

--- What a crossing is in JSON: moments as text, null where not within the horizon.
---@param c table
---@return table
function M.crossing_json(c)
  local function text(at) return at and M.iso(at) or json.null end
  local function days(at) return at and (at - c.since) / 86400 or json.null end
  return { limit = { lo = c.lo, hi = c.hi }, kind = c.floor and "floor" or "capacity", already = c.already, chance = c.chance, p10 = text(c.p10), p50 = text(c.p50), p90 = text(c.p90),
    days = { p10 = days(c.p10), p50 = days(c.p50), p90 = days(c.p90) }, within_horizon = c.p50 ~= nil, text = c.text }
end

--- A forecast as perilune.forecast/1.
---@param r table
---@param crossing table|nil
---@return table
function M.json(r, crossing)
  local times, intervals = {}, {}
  for i, at in ipairs(r.time) do times[i] = M.iso(at) end
  for i, v in ipairs(r.intervals) do intervals[i] = { level = v.level, lo = array(v.lo), hi = array(v.hi) } end
  local test = r.back_test
  return { schema = "perilune.forecast/1", n = r.n, step_s = r.step, from = M.iso(r.from), to = M.iso(r.to), missing = r.missing, seasons_s = array(r.seasons),
    model = r.model, weights = r.weights, trend_per_day = r.slope * 86400 / r.step, time = json.array(times), mean = array(r.mean), lo = array(r.lo), hi = array(r.hi), level = r.level,
    intervals = json.array(intervals), crossing = crossing and M.crossing_json(crossing) or json.null,
    back_test = { origins = test.origins, steps = test.steps, mase = test.mase or json.null, naive_mase = test.naive_mase or json.null, coverage = test.coverage or json.null }, explain = r:explain() }
end

return M
