--- What the words of analysis found, kept with the run as findings, so that its reports show it, also later from the database. Curves are kept as
--- a chart can show them: at most POINTS of a history, the least and the greatest of each stretch, and at most AHEAD of what comes.
local json = require "perilune.core.json"
local moment = require "perilune.moment"
local result = require "perilune.result"
local stats = require "perilune.core.stats"
local units = require "perilune.core.units"

local M = {}

-- Answers kept of a run, and of one answer: points of a history, moments ahead, series with changes, rows of a list.
M.MOST, M.POINTS, M.AHEAD, M.SERIES, M.ROWS = 64, 240, 120, 6, 20

local SURE = 0.05 -- of false discoveries among series that changed with a bad window

local function finite(v) return type(v) == "number" and v == v and math.abs(v) ~= math.huge end

local function number(v) return units.format("number", v) end

--- Keeps one answer; beyond MOST a note says so once.
---@param run table
---@param kind string "forecast", "crossing", "changes", "anomalies", "correlate", "capacity", "experience", "replicas", "rightsize"
---@param text string plain words
---@param data table of JSON
---@return boolean whether it was kept
function M.keep(run, kind, text, data)
  if not run.row then return false end
  run.answers = (run.answers or 0) + 1
  if run.answers == M.MOST + 1 then run:note(("the report shows the first %d answers of forecast, changes, anomalies and the like"):format(M.MOST)) end
  if run.answers > M.MOST then return false end
  result.store_finding(run, kind, "info", text, data)
  run.findings[#run.findings + 1] = { kind = kind, severity = "info", text = text }
  return true
end

--- A history of at most POINTS: of each stretch of equal length its least and its greatest value, in their order. Values that are missing are left out.
---@param times number[]
---@param values number[]
---@param first integer|nil
---@return table times, table values
function M.thinned(times, values, first)
  first = first or 1
  local at, kept, stride = json.array {}, json.array {}, math.max(1, math.ceil(2 * (#values - first + 1) / M.POINTS))
  if #values - first + 1 <= M.POINTS then stride = 1 end
  for from = first, #values, stride do
    local low, high
    for i = from, math.min(#values, from + stride - 1) do
      if finite(values[i]) then
        low, high = (not low or values[i] < values[low]) and i or low, (not high or values[i] > values[high]) and i or high
      end
    end
    if low then
      local a, b = math.min(low, high), math.max(low, high)
      at[#at + 1], kept[#kept + 1] = times[a], values[a]
      if b ~= a then at[#at + 1], kept[#kept + 1] = times[b], values[b] end
    end
  end
  return at, kept
end

local function every(list, stride)
  local out = json.array {}
  for i = stride, #list, stride do out[#out + 1] = list[i] end
  return out
end

--- A forecast as charts need it: of its past three times as much as it looks ahead, 60 steps at least.
local function forecast_data(name, r)
  local past, times = r.history(), {}
  for i = 1, #past do times[i] = r.from + (i - 1) * r.step end
  local at, values = M.thinned(times, past, math.max(1, #past - math.max(60, 3 * #r.mean) + 1))
  local stride, intervals = math.ceil(#r.mean / M.AHEAD), json.array {}
  for i, v in ipairs(r.intervals) do intervals[i] = { level = v.level, lo = every(v.lo, stride), hi = every(v.hi, stride) } end
  return { name = name, times = at, values = values, ahead = every(r.time, stride), mean = every(r.mean, stride), intervals = intervals, explain = r:explain() }
end

--- What a forecast says of its last step, and what charts need of it.
local function forecast_told(name, r)
  if not r.known then return ("%s: %s"):format(name, r:explain()), { name = name, known = false } end
  local i = #r.mean
  return ("%s is forecast to be %s at %s (%s to %s in %g %%)."):format(name, number(r.mean[i]), moment.text(r.time[i]), number(r.lo[i]), number(r.hi[i]), r.level * 100), forecast_data(name, r)
end

--- Keeps a forecast, and each limit that it is asked for afterwards.
---@param run table
---@param series any what was forecast
---@param r table of forecast.lua
---@return table r
function M.forecast(run, series, r)
  local name = type(series) == "string" and series or type(series.name) == "string" and series.name or "the series"
  if not M.keep(run, "forecast", forecast_told(name, r)) then return r end
  local index, crosses = run.answers, r.crosses
  run.forecasts = (run.forecasts or 0) + 1
  local of = run.forecasts
  function r.crosses(...)
    local c = crosses(...)
    M.keep(run, "crossing", ("%s: %s"):format(name, c.text), { forecast = of, answer = index, lo = c.lo, hi = c.hi, floor = c.floor, p10 = c.p10, p50 = c.p50, p90 = c.p90, chance = c.chance })
    return c
  end
  return r
end

local CHANGE = { "kind", "slope_before", "slope_after", "index", "time", "before", "after", "effect", "lo", "hi", "relative", "p", "run", "commit", "suspects" }

local function change_data(c)
  local out = {}
  for _, key in ipairs(CHANGE) do
    local v = c[key]
    if type(v) ~= "number" or finite(v) then out[key] = v end
  end
  return out
end

-- Labels that say where a series came from: what was asked for says it already.
local PLACE = { __name__ = true, instance = true, origin = true, role = true, source = true, run = true, machine = true }

--- "p99(latency) {name=home}": what was asked for, and which of its series this is; of a selector of several names its name.
---@param expr string
---@param labels table|nil
---@return string
function M.shown(expr, labels)
  local parts = {}
  for name, value in pairs(labels or {}) do
    if not PLACE[name] then parts[#parts + 1] = name .. "=" .. value end
  end
  table.sort(parts)
  local name = labels and labels.__name__
  if name and not expr:find(name, 1, true) then expr = name end
  return #parts > 0 and ("%s {%s}"):format(expr, table.concat(parts, ", ")) or expr
end

--- "its level changed twice, its spread once"
local function counted_kinds(list)
  local n, parts = {}, {}
  for _, c in ipairs(list) do n[c.kind or "level"] = (n[c.kind or "level"] or 0) + 1 end
  for _, kind in ipairs { "level", "trend", "spread" } do
    if n[kind] then parts[#parts + 1] = ("its %s%s %s"):format(kind, #parts == 0 and " changed" or "", n[kind] == 1 and "once" or n[kind] .. " times") end
  end
  return table.concat(parts, ", ")
end

--- Keeps the changes of each series, with its history.
---@param run table
---@param expr string
---@param found table[] of changes.lua
---@param list table[] the series: { labels, times: seconds, values, runs or nil }
---@return table[] found
function M.changes(run, expr, found, list)
  for i = 1, math.min(M.SERIES, #list) do
    local series, own = list[i], json.array {}
    for _, c in ipairs(found) do
      if c.labels == series.labels and #own < M.ROWS then own[#own + 1] = change_data(c) end
    end
    local name = M.shown(expr, series.labels)
    local at, values = M.thinned(series.times, series.values)
    local text = #own == 0 and ("%s: its level, trend and spread did not change in %d values."):format(name, #series.values)
      or ("%s: %s in %d values."):format(name, counted_kinds(own), #series.values)
    M.keep(run, "changes", text, { name = name, unit = series.unit, runs = series.runs ~= nil, times = at, values = values, changes = own })
  end
  return found
end

--- Keeps what was odd, the highest scores first.
---@param run table
---@param expr string
---@param found table[] of anomalies.lua
---@return table[] found
function M.anomalies(run, expr, found)
  local rows, list = json.array {}, { table.unpack(found, 1, math.min(#found, 10000)) }
  table.sort(list, function(a, b) return a.score > b.score end)
  for i = 1, math.min(M.ROWS, #list) do
    local a = list[i]
    rows[i] = { name = M.shown(expr, a.labels), time = a.time, value = finite(a.value) and a.value or nil, score = a.score, kind = a.kind, share = a.share, series = a.series }
  end
  M.keep(run, "anomalies", #found == 0 and ("%s: nothing odd."):format(expr) or ("%s: odd %s."):format(expr, #found == 1 and "once" or #found .. " times"), { name = expr, rows = rows, count = #found })
  return found
end

-- Of many series some lie apart in any window: the surest counts where its share of false discoveries among all that were judged is below 5 %.
local function correlation_text(found, rows)
  local p = {}
  for i, c in ipairs(found) do p[i] = finite(c.p) and c.p or 1 end
  if not rows[1] then return "No series changed with the bad window." end
  if stats.false_discoveries(p)[1] < SURE then return ("What changed most surely with the bad window: %s."):format(rows[1].name) end
  return ("No series surely changed with the bad window; the nearest is %s (p = %.2g)."):format(rows[1].name, p[1])
end

--- Keeps what changed with a bad window, the surest first.
---@param run table
---@param found table[] of anomalies.lua
---@return table[] found
function M.correlate(run, found)
  local rows = json.array {}
  for i = 1, math.min(M.ROWS, #found) do
    local c, row = found[i], {}
    for _, key in ipairs { "d", "p", "before", "during", "correlation", "lag" } do row[key] = finite(c[key]) and c[key] or nil end
    row.name = M.shown(c.expr, c.labels)
    rows[i] = row
  end
  local text = correlation_text(found, rows)
  local left = found.left_out
  if left then text = ("%s %s could not be judged, %s: %s."):format(text, #left == 1 and "one series" or #left .. " series", M.shown(left[1].expr, left[1].labels), left[1].why) end
  M.keep(run, "correlate", text, { rows = rows })
  return found
end

local POINTS_OF_LAW = 500 -- most points of a chart

local function bounded(e) return e and { value = e.value, lo = e.ci95 and e.ci95[1], hi = e.ci95 and e.ci95[2] } end

--- What a chart needs of the answer of a law or a knee; nil without points, or with too many.
local function law_of(r)
  local p = r.points
  if not r.known or not p or #p.loads > POINTS_OF_LAW then return nil end
  return { loads = json.array(p.loads), throughputs = json.array(p.throughputs), alpha = r.alpha and r.alpha.value, beta = r.beta and r.beta.value, gamma = r.gamma and r.gamma.value,
    peak = bounded(r.peak), limit = bounded(r.limit_estimate), knee = r.knee }
end

--- Keeps what run:capacity found, with the points that it is from.
---@param run table
---@param r table of capacity.lua or use.lua
---@return table r
function M.capacity(run, r)
  M.keep(run, "capacity", r:explain(), { explained = true, law = law_of(r) })
  return r
end

local STRETCHES = 400 -- most stretches of an objective that a chart shows

--- Keeps what run:experience found; of its stretches, thinned where they are many, the share that was good, and the worst ones that missed the objective.
---@param run table
---@param r table of experience.lua
---@return table r
function M.experience(run, r)
  local data = { explained = true }
  if r.known and r.rows and #r.rows > 0 then
    local stride, missed = math.ceil(#r.rows / STRETCHES), {}
    data.times, data.attained, data.missed, data.objective, data.every = json.array {}, json.array {}, json.array {}, r.budget.objective, r.every
    for i = 1, #r.rows, stride do
      local worst = r.rows[i]
      for k = i + 1, math.min(#r.rows, i + stride - 1) do worst = r.rows[k].attained < worst.attained and r.rows[k] or worst end
      data.times[#data.times + 1], data.attained[#data.attained + 1] = worst.from, worst.attained
    end
    for _, row in ipairs(r.rows) do
      if not row.met then missed[#missed + 1] = row end
    end
    table.sort(missed, function(a, b) return a.attained < b.attained end)
    for i = 1, math.min(M.ROWS, #missed) do
      local row = missed[i]
      data.missed[i] = { from = row.from, to = row.to, total = row.total, bad = row.bad, attained = row.attained, used = finite(row.used) and row.used or nil }
    end
  end
  M.keep(run, "experience", r:explain(), data)
  return r
end

--- Keeps what an answer says of itself.
---@param run table
---@param kind string "replicas", "rightsize"
---@param r table with :explain()
---@return table r
function M.words(run, kind, r)
  M.keep(run, kind, r:explain(), { explained = true })
  return r
end

return M
