--- run:forecast, and what `perilune forecast` says of one series: what comes, how sure that is, and when a limit is reached.
local calendar = require "perilune.calendar"
local clock = require "perilune.core.clock"
local core = require "perilune.core.outlook"
local crossing = require "perilune.crossing"
local json = require "perilune.core.json"
local later = require "perilune.later"
local moment = require "perilune.moment"
local promql = require "perilune.promql"
local schema = require "perilune.schema"
local units = require "perilune.core.units"
local words = require "perilune.words"
local writer = later "perilune.core.writer" -- only runs have it

local M = {}

local STEPS_MOST = 20000 -- of a horizon
local DAILY = { daily_max = "max", daily_mean = "mean", daily_min = "min", daily_p95 = "p95" }
local FIGURE = { daily_max = "maximum", daily_mean = "mean", daily_min = "minimum", daily_p95 = "95th percentile" }
local HALF_A_DAY = 43200
local NICE = { 1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440 }

local function fail(code, text, ...) error({ code = code, message = "forecast: " .. text:format(...) }, 0) end

--- What the data lack is no mistake of who asks: exit code 4 at the command line, known = false in a playbook.
local function fail_of_data(err, text, ...) fail(err.code == "invalid" and "too_few" or err.code, text, ...) end

local function duration(seconds) return units.format("duration", seconds) end

M.number = crossing.number

--- The grid that is looked ahead of: in days where that is wanted, with longer steps where the horizon has too many.
local function grid_of(times, values, o, notes)
  local grid, err = core.grid(times, values)
  if not grid then fail_of_data(err, "%s", err.message) end
  local daily = o.of and DAILY[o.of]
  if daily then
    local step = grid:facts().step
    grid, err = grid:daily(daily)
    if not grid then fail_of_data(err, "of = %s: %s", o.of, err.message) end
    if step > HALF_A_DAY then notes[#notes + 1] = ("It has one value a day, which counts as the day's %s."):format(FIGURE[o.of]) end
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

--- Seasons in steps: those asked for, or those found in what events, the columns, leave. One that the series cannot show is noted.
local function seasons_of(grid, facts, o, columns, notes)
  if not o.season then return grid:periods(columns) end
  local out = {}
  for _, length in ipairs(o.season) do
    local steps = math.floor(length / facts.step + 0.5)
    if steps < 2 then
      notes[#notes + 1] = ("A season of %s is left out: a step is %s."):format(duration(length), duration(facts.step))
    elseif 2 * steps > facts.n then
      notes[#notes + 1] = ("A season of %s is left out: two of them are needed, and the series covers %s."):format(duration(length), duration(facts.n * facts.step))
    elseif #out == 4 then
      notes[#notes + 1] = ("A season of %s is left out: at most four are told apart."):format(duration(length))
    else
      out[#out + 1] = steps
    end
  end
  table.sort(out)
  return out
end

local function array(list) return json.array(table.move(list, 1, #list, 1, {})) end

local share = require "perilune.lines".whole_share

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

local function trend_text(r, size)
  local day = r.slope * 86400 / r.step
  local unit, per = "day", day
  if r.step * #r.mean < 2 * 86400 then unit, per = "hour", day / 24 end
  if math.abs(r.slope * #r.mean) < (r.hi[#r.hi] - r.lo[#r.lo]) / 10 then return "No trend that stands out of the noise." end
  return ("Its trend: %s%s a %s."):format(per > 0 and "+" or "", crossing.shown(per, size), unit)
end

local function test_text(r)
  local t = r.back_test
  if t.origins == 0 then return "Too few values for a back-test: the interval is what the models say of themselves." end
  local against = t.mase and t.naive_mase and ("its errors were %s of the seasonal naive method's (MASE %.2f, %.2f)"):format(t.naive_mase > 0 and share(t.mase / t.naive_mase) or "?", t.mase, t.naive_mase)
    or "its errors could not be scaled, the series being constant"
  return ("Back-test from %d moments of the past, up to %s ahead: %s; %s of what came lay in the %s interval."):format(t.origins, t.steps == 1 and "1 step" or t.steps .. " steps", against, share(t.coverage or 0), share(r.level))
end

local function step_text(step, size)
  return ("Its level changed by %s%s at %s: what came before counts as if it had been at the new level."):format(step.size > 0 and "+" or "", crossing.shown(step.size, size), moment.iso(step.time))
end

--- What was done and how good it is, in plain words; values in the unit of a limit (crossing.unit), if it is given.
local function explain(r, size)
  local seasons = {}
  for i, s in ipairs(r.seasons) do seasons[i] = duration(s) end
  local lines = {
    ("%s, one each %s, %s to %s%s."):format(r.n == 1 and "1 value" or r.n .. " values", duration(r.step), moment.iso(r.from), moment.iso(r.to), r.missing > 0 and ("; %d more are missing"):format(r.missing) or ""),
    #seasons > 0 and ("Seasons: %s."):format(table.concat(seasons, ", ")) or "No season.",
    ("Models, by how well each did in the back-test: %s."):format(models_text(r.weights)),
    trend_text(r, size), test_text(r),
  }
  if r.shares then table.insert(lines, 3, "What it does from one time to the next is a share of its level: the models see its logarithm.") end
  for i, step in ipairs(r.steps) do table.insert(lines, 2 + i, step_text(step, size)) end
  if #r.events > 0 then lines[#lines + 1] = ("Learnt from the past: %s."):format(table.concat(r.events, ", ")) end
  if #r.unknown > 0 then lines[#lines + 1] = ("Never before, so that what they do is not known: %s."):format(table.concat(r.unknown, ", ")) end
  for _, note in ipairs(r.notes) do lines[#lines + 1] = note end
  return table.concat(lines, "\n")
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

--- The largest size among values, and the largest value.
local function extremes(values)
  local size, most = 0, -math.huge
  for _, v in ipairs(values) do
    if v then size, most = math.max(size, math.abs(v)), math.max(most, v) end
  end
  return size, most
end

--- A ceiling that the series has passed is none.
local function check_ceiling(ceiling, most)
  if not ceiling then return end
  if ceiling < most then fail("invalid", "the ceiling %s is below %s, the largest value: growth cannot pass its ceiling; give a larger one, or leave it out", crossing.number(ceiling), crossing.number(most)) end
  if ceiling <= 0 then fail("invalid", "the ceiling %s is not above 0", crossing.number(ceiling)) end
end

--- What a reader has to know who did not ask: an old history, a horizon below a step, a ceiling without effect.
local function note_all(r, o, weights)
  local age = o.now and o.now - r.to or 0
  r.age = math.max(0, age)
  r.stale = age > math.max(2 * r.step, #r.mean * r.step / 20)
  if r.stale then r.notes[#r.notes + 1] = ("The last value is of %s, %s ago: what comes is counted from there, not from now."):format(moment.iso(r.to), duration(age)) end
  if o.horizon < r.step * (1 - 1e-9) then r.notes[#r.notes + 1] = ("The horizon of %s is shorter than a step: one step of %s is forecast."):format(duration(o.horizon), duration(r.step)) end
  if o.ceiling and not weights.logistic then
    r.notes[#r.notes + 1] = ("Growth towards the ceiling of %s is not among the models: other models did better, or the values are too few for it; nothing passes the ceiling all the same."):format(crossing.number(o.ceiling))
  end
end

--- Looks ahead of one series.
---@param times number[] seconds since 1970, in any order
---@param values number[]
---@param o table { horizon: seconds, season: seconds each or nil, of, events: { name, from, to } each, levels, ceiling: number or text, now: seconds since 1970 }
---@return table { known, time, mean, lo, hi, level, intervals, model, weights, mase, back_test, seasons, steps: { time, size } each, in its level, step, n, from, to, last, missing, notes, age, stale, :crosses(limit, { floor }), :explain() }
function M.ahead(times, values, o)
  local notes = {}
  local grid = grid_of(times, values, o, notes)
  local facts = grid:facts()
  local largest, most = extremes(grid:values())
  local ceiling = o.ceiling and (crossing.value(o.ceiling, largest) or fail("invalid", "ceiling is a number, not %s", schema.show(o.ceiling)))
  check_ceiling(ceiling, most)
  local horizon = math.max(1, math.ceil(o.horizon / facts.step - 1e-9))
  if horizon > STEPS_MOST then fail("limit", "a horizon of %d steps, more than %d", horizon, STEPS_MOST) end
  local columns, names, unknown = calendar.columns(o.events or {}, facts, horizon)
  local seasons = seasons_of(grid, facts, o, columns, notes)
  local levels = o.levels or { 0.95 }
  local outlook, err = grid:look { horizon = horizon, level = math.max(table.unpack(levels)), seasons = seasons, found = o.season == nil, ceiling = ceiling, columns = columns }
  if not outlook then fail_of_data(err, "%s", err.message) end
  local said = outlook:facts()
  local r = { known = true, step = facts.step, n = facts.n - facts.missing, from = facts.start, to = facts.start + (facts.n - 1) * facts.step, last = facts.last, missing = facts.missing, model = said.model,
    weights = said.weights, mase = said.mase, slope = said.slope, shares = said.shares, level = math.max(table.unpack(levels)), seasons = {}, time = {}, events = names, unknown = unknown, notes = notes, largest = largest, steps = {},
    back_test = { origins = said.origins, steps = said.tested, mase = said.mase, naive_mase = said.naive_mase, coverage = said.coverage } }
  for i, steps in ipairs(seasons) do r.seasons[i] = steps * facts.step end
  for i, step in ipairs(said.steps) do r.steps[i] = { time = facts.start + step.index * facts.step, size = step.size } end
  r.mean, r.lo, r.hi = outlook:values()
  for i = 1, horizon do r.time[i] = r.to + i * facts.step end
  r.intervals = intervals_of(outlook, levels)
  note_all(r, { now = o.now, horizon = o.horizon, ceiling = ceiling }, said.weights)
  function r.crosses(_, limit, options) return crossing.of(r, outlook, limit, options) end
  function r.explain(_, size) return explain(r, size) end
  function r.history() return grid:values() end
  return r
end

local function is_number(v) return type(v) == "number" and v == v and math.abs(v) ~= math.huge end

--- Times and values of what a playbook gives, a list of { time, value } (run:query's rows too), { times, values }, or what run:fetch gave; and how many
--- points of a list are no numbers.
local function points_of(series)
  if type(series.times) == "table" and type(series.values) == "table" then return series.times, series.values, 0 end
  local times, values, odd = {}, {}, 0
  for i, p in ipairs(series) do
    local time, value
    if type(p) == "table" then time, value = p.time or p[1], p.value or p[2] end
    if type(time) ~= "number" or type(value) ~= "number" then fail("invalid", "point %d is no { time = seconds, value = number }", i) end
    times[i], values[i] = time, value
    if not (is_number(time) and is_number(value)) then odd = odd + 1 end
  end
  return times, values, odd
end

--- What is no series, and rows of several, which cannot be looked ahead of as one.
local function check_one(series)
  if type(series) ~= "table" then fail("invalid", "a series is what run:fetch or run:query gave, a list of { time, value }, or a selector such as \"node_load1\", not %s", schema.show(series)) end
  if series[1] == nil and not series.times and next(series) ~= nil then
    fail("invalid", "the table has no points: of an import or another answer, name a series that it brought, such as run:forecast(\"requests\", …)")
  end
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

--- The answer where the data do not tell what comes: nothing in its lists, and no crossing is known.
local function unknown(run, why)
  run:note("forecast: not known: " .. why)
  local r = { known = false, why = why, time = {}, mean = {}, lo = {}, hi = {}, intervals = {}, weights = {}, seasons = {}, events = {}, unknown = {}, notes = {}, n = 0 }
  function r.crosses(_, limit, options) return crossing.unknown(why, limit, options) end
  function r.explain() return "What comes is not known: " .. why .. "." end
  return r
end

--- run:forecast(series, options). Where the data do not tell what comes (no two values at different times, no day with values), known is false and why
--- says so.
---@param run perilune.Run
---@param series table|string what run:fetch or run:query gave, a list of { time, value }, or the selector of a series of the timeline
---@param options table { horizon, season, of, events, levels, ceiling, synthetic }
---@return table as M.ahead gives it, or { known = false, why, … } with empty lists
function M.run(run, series, options)
  local o = schema.check(words.options.forecast, options or {}, "forecast")
  if type(series) == "string" then series = of_name(run, series) end
  check_one(series)
  if is_synthetic(series) and not o.synthetic then
    fail("invalid", "the series is synthetic: a test's own load says nothing of what users will do; synthetic = true forecasts it all the same")
  end
  local times, values, odd = points_of(series)
  if #times == 0 then return unknown(run, "the series is empty") end
  local ok, r = pcall(M.ahead, times, values, { horizon = o.horizon, season = seconds_of(o.season, "season"), of = o.of, levels = levels_of(o.levels), ceiling = o.ceiling,
    now = clock.wall() / 1e9, events = calendar.events(o.events, run.prepared and run.prepared.spec.folder) })
  if not ok then
    if type(r) ~= "table" or r.code ~= "too_few" then error(r, 0) end
    return unknown(run, (r.message:gsub("^forecast: ", "")))
  end
  if odd > 0 then r.notes[#r.notes + 1] = ("%d of %d points are NaN or infinite, and were left out."):format(odd, #times) end
  for _, name in ipairs(r.unknown) do run:note(("forecast: %s was never before in the series, so that its effect is not known"):format(name)) end
  for _, note in ipairs(r.notes) do run:note("forecast: " .. note) end
  return r
end

--- What a crossing is in JSON: moments as text, null where not within the horizon.
---@param c table
---@return table
function M.crossing_json(c)
  local function text(at) return at and moment.iso(at) or json.null end
  local function days(at) return at and (at - c.since) / 86400 or json.null end
  return { limit = { lo = c.lo, hi = c.hi }, kind = c.floor and "floor" or "capacity", already = c.already, chance = c.chance, p10 = text(c.p10), p50 = text(c.p50), p90 = text(c.p90),
    days = { p10 = days(c.p10), p50 = days(c.p50), p90 = days(c.p90) }, within_horizon = c.p50 ~= nil, text = c.text }
end

--- A forecast as perilune.forecast/1.
---@param r table
---@param crossing table|nil
---@return table
function M.json(r, crossing)
  local times, intervals, steps = {}, {}, {}
  for i, at in ipairs(r.time) do times[i] = moment.iso(at) end
  for i, v in ipairs(r.intervals) do intervals[i] = { level = v.level, lo = array(v.lo), hi = array(v.hi) } end
  for i, step in ipairs(r.steps) do steps[i] = { time = moment.iso(step.time), change = step.size } end
  local test = r.back_test
  return { schema = "perilune.forecast/1", n = r.n, step_s = r.step, from = moment.iso(r.from), to = moment.iso(r.to), missing = r.missing, notes = array(r.notes), seasons_s = array(r.seasons), level_changes = json.array(steps),
    model = r.model, weights = r.weights, trend_per_day = r.slope * 86400 / r.step, time = json.array(times), mean = array(r.mean), lo = array(r.lo), hi = array(r.hi), level = r.level,
    intervals = json.array(intervals), crossing = crossing and M.crossing_json(crossing) or json.null,
    back_test = { origins = test.origins, steps = test.steps, mase = test.mase or json.null, naive_mase = test.naive_mase or json.null, coverage = test.coverage or json.null }, explain = r:explain() }
end

return M
