--- What changed in a history, when, by how much, and how sure that is.
local core = require "perilune.core.change"
local database = require "perilune.database"
local json = require "perilune.core.json"
local promql = require "perilune.promql"
local later = require "perilune.later"
local schema = require "perilune.schema"
local words = require "perilune.words"
local anomalies = later "perilune.anomalies"
local inquiry = later "perilune.inquiry"

local M = {}

--- Values of a history that may have a change.
M.LEAST = 10
--- Changes that lie nearer to one another are one.
M.NEAR = 5
M.METHODS = { "levels", "otava" }

--- The changes of a history.
---@param values number[] NaN: missing
---@param o table|nil { method = "levels" (default) or "otava"; of otava: window = 50, max_pvalue = 0.001, min_magnitude = 0 }
---@return table[] changes { kind: "level", "trend" or "spread"; index: from 0, the first value of what is new; before, after: means (of straight lines their
--- values there), slopes a value, or standard deviations; effect: their difference, lo, hi: with 95 % confidence; relative: to before; p; slope_before,
--- slope_after: of straight lines }
function M.find(values, o)
  o = o or {}
  local found, err
  if o.method == "otava" then
    found, err = core.divisive(values, { window = o.window or 50, max_pvalue = o.max_pvalue or 0.001, min_magnitude = o.min_magnitude or 0 })
  else
    found, err = core.shifts(values)
  end
  if not found then error(err, 0) end
  return found
end

--- A history that goes on: each new value gives the changes that it shows first. Up to 512 values they are those of the history so far, above that of the
--- last 512; a value takes bounded time.
---
---     local stream = changes.stream()
---     for _, value in ipairs(values) do
---       for _, c in ipairs(stream:push(value)) do print(c.index, c.kind, c.effect) end
---     end
---@return userdata stream stream:push(value) -> table[] as of M.find | nil, err
function M.stream() return core.stream() end

--- The changes of a history as they come, one value after the other.
---@param values number[]
---@return table[] changes as of M.find, in the order in which they are found; found: the index of the value that showed it
function M.online(values)
  local stream, out = core.stream(), {}
  for i, value in ipairs(values) do
    local list, err = stream:push(value)
    if not list then error(err, 0) end
    for _, c in ipairs(list) do
      c.found = i - 1
      out[#out + 1] = c
    end
  end
  return out
end

--- Marks the changes that the last value showed: the history without it has none near.
local function mark_new(list, values)
  if #list == 0 then return end
  local before = M.find({ table.unpack(values, 1, #values - 1) })
  for _, c in ipairs(list) do
    c.new = true
    for _, b in ipairs(before) do
      if math.abs(b.index - c.index) < M.NEAR then c.new = false end
    end
  end
end

--- Changes as `perilune changes` writes them.
---@param list table[] of M.find
---@param iso nil|fun(index: integer): string|nil the time of a value
---@return table array
function M.facts(list, iso)
  local out = json.array {}
  for i, c in ipairs(list) do
    out[i] = { index = c.index, kind = c.kind, before = c.before, after = c.after, change = c.effect, relative = c.relative, ci = json.array { c.lo, c.hi }, p = c.p,
      slope = c.slope_before and json.array { c.slope_before, c.slope_after } or nil, time = iso and iso(c.index) or nil, found = c.found }
  end
  return out
end

local ENDED = { passed = true, failed = true, inconclusive = true }

--- The runs of this playbook that came to an end, the oldest first, and the one that asks.
local function runs_of(run, last)
  local rows, out = database.records(run:reader(), "runs_recent", { limit = last, name = run.name }), {}
  for i = #rows, 1, -1 do
    local row = rows[i]
    if ENDED[row.state] or row.id == run.row then
      out[#out + 1] = { id = row.ulid, time = row.started_ns / 1e9, own = row.id == run.row, commit = (database.decoded(row.labels) or {}).commit }
    end
  end
  return out
end

--- The values of an expression in each run, by series; a run that has none is left out.
local function over_runs(run, expr, last)
  local list, known = {}, {}
  for _, one in ipairs(runs_of(run, last)) do
    local ok, points = pcall(inquiry.ask, run, expr, { run = not one.own and one.id or nil })
    if not ok and not (type(points) == "table" and points.code == "not_found") then error(points, 0) end
    for _, found in ipairs(ok and anomalies.by_series(points) or {}) do
      local series = known[found.key]
      if not series then
        series = { labels = found.labels, unit = found.unit, values = {}, times = {}, runs = {} }
        known[found.key], list[#list + 1] = series, series
      end
      local n = #series.values + 1
      series.values[n], series.times[n], series.runs[n] = found.values[#found.values], one.time, one
    end
  end
  if #list == 0 then error({ code = "not_found", message = "changes: " .. promql.nothing(run:reader(), expr) }, 0) end
  return list
end

local function over_time(run, expr, o)
  local list = anomalies.series_of(run, "changes", expr, { step = o.step or 1, from = o.from, to = o.to, run = o.run })
  for _, series in ipairs(list) do
    for i, time in ipairs(series.times) do series.times[i] = time / 1e9 end
  end
  return list
end

--- The run that a change falls on, and the commits that may have made it: those after the last run before, up to this one. Labels know two of them.
local function blame(change, series)
  local now, before = series.runs[change.index + 1], series.runs[change.index]
  change.run, change.commit = now.id, now.commit
  if now.commit and before and before.commit ~= now.commit then change.suspects = { after = before.commit, to = now.commit } end
end

--- run:changes(expr, options): where the level of an expression changed, over the runs of this playbook or within one run.
---
---     for _, c in ipairs(run:changes("p99(latency)", { over = "runs" })) do run:event("change", ("%s: %.3g s, was %.3g s"):format(c.commit, c.after, c.before)) end
---@param run table
---@param expr string as of run:query
---@param options table|nil { over = "runs" or "time", last = 400 runs, step, from, to, run, try }
---@return table list of { labels, kind, index, time, before, after, effect, relative, lo, hi, p, slope_before, slope_after, run, commit, suspects = { after, to },
--- new: over runs, whether the last run showed it first }
---@return table[] series what was looked at: { labels, times, values, runs or nil }
function M.run(run, expr, options)
  local o = schema.check(words.options.changes, options, "changes")
  if o.over == "runs" and (o.step or o.from or o.to or o.run) then
    error({ code = "invalid", message = "changes: step, from, to and run belong to over = \"time\"" }, 0)
  end
  local found, list = {}, o.over == "runs" and over_runs(run, expr, o.last) or over_time(run, expr, o)
  for _, series in ipairs(list) do
    local changed = M.find(series.values)
    if series.runs then mark_new(changed, series.values) end
    for _, change in ipairs(changed) do
      change.labels, change.time = series.labels, series.times[change.index + 1]
      if series.runs then blame(change, series) end
      found[#found + 1] = change
    end
  end
  table.sort(found, function(a, b) return a.time < b.time end)
  return found, list
end

return M
