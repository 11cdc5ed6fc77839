--- run:anomalies: what is odd in the series of a run; run:correlate: what changed with a window that is bad. One detector a series, online: the score of a moment depends on what came before it.
local core = require "perilune.core.anomaly"
local moment = require "perilune.moment"
local promql = require "perilune.promql"
local later = require "perilune.later"
local schema = require "perilune.schema"
local words = require "perilune.words"
local inquiry = later "perilune.inquiry"

local M = {}

M.GROUP_MOST = 64 -- series that are judged together
local ROWS_MOST = 1 << 20 -- steps of a series that are correlated or judged together

--- Scores of values in their order, and the rows where an alert begins, with its kind: spike, level shift, variance, flat line, missing data,
--- lost season or slow leak. A score of 0.5 or more begins an alert; NaN is a missing value and scores 0.
---
---     local scores, alerts = anomalies.scores(nil, { 1, 2, 1 })
---@param times integer[]|nil ns since 1970; without them a row is a second
---@param values number[]
---@return number[] scores, table<integer, string> alerts
function M.scores(times, values)
  local scores, alerts = core.scores(times, values)
  if not scores then error(alerts, 0) end
  return scores, alerts
end

--- The points of an answer of run:query by series, in the order in which they came.
---@param points table[] { labels, time, value }
---@return table[] { labels, times: ns since 1970, values, key: its labels as text } each
function M.by_series(points)
  local list, known = {}, {}
  for _, p in ipairs(points) do
    local names, parts = {}, {}
    for name in pairs(p.labels) do names[#names + 1] = name end
    table.sort(names)
    for i, name in ipairs(names) do parts[i] = ("%s=%q"):format(name, p.labels[name]) end
    local key = table.concat(parts, ",")
    local series = known[key]
    if not series then
      series = { labels = p.labels, key = key, unit = p.unit, times = {}, values = {} }
      known[key], list[#list + 1] = series, series
    end
    series.times[#series.times + 1], series.values[#series.values + 1] = math.floor(p.time * 1000 + 0.5) * 1000000, p.value + 0.0
  end
  return list
end

--- The series of an expression; raises where it has none: nothing odd is said of nothing.
---@param run table
---@param word string that asks
---@param expr string as of run:query
---@param o table of run:query
---@return table[] as of M.by_series
function M.series_of(run, word, expr, o)
  local list = M.by_series(inquiry.run(run, expr, o))
  if #list > 0 then return list end
  local began_ns = not o.from and (o.run and inquiry.began(run, o.run) or run.started_ns) or nil
  error({ code = "not_found", message = ("%s: %s"):format(word, promql.nothing(run:reader(), expr, o.step, began_ns)) }, 0)
end

--- Scores of rows of several series that belong together, as those of one host, and the rows where an alert begins.
---
---     local scores, alerts = anomalies.group_scores(nil, { cpu, memory })
---@param times integer[]|nil ns since 1970, none before the one before; without them a row is a second
---@param columns number[][] 1 to M.GROUP_MOST of equal length; NaN is a missing value
---@return number[] scores, table<integer, table> alerts { kind, series: the number of the one that contributed most, share: of it in what is odd }
function M.group_scores(times, columns)
  if #columns < 1 or #columns > M.GROUP_MOST then
    error({ code = "invalid", message = ("anomalies: %d series; one group has 1 to %d: narrow the selector"):format(#columns, M.GROUP_MOST) }, 0)
  end
  local group, scores, alerts, row = core.group(#columns), {}, {}, {}
  for i = 1, #columns[1] do
    for k, values in ipairs(columns) do row[k] = values[i] end
    local score, kind, series, share, named, ago = group:add(times and times[i] or i * 1000000000, row)
    if not score then error(kind, 0) end
    scores[i] = score
    if named and alerts[i - ago] then alerts[i - ago].kind = named end
    if kind then alerts[i] = { kind = kind, series = series, share = share } end
  end
  local last, ago = group:name()
  if last and alerts[#scores - ago] then alerts[#scores - ago].kind = last end
  return scores, alerts
end

--- Series of a grid of steps side by side: times (ns), and of each series its values, NaN where it has none.
local function aligned(list, step_ns)
  local from, to = math.huge, -math.huge
  for _, series in ipairs(list) do from, to = math.min(from, series.times[1]), math.max(to, series.times[#series.times]) end
  local n, times, columns = math.floor((to - from) / step_ns + 0.5) + 1, {}, {}
  if n > ROWS_MOST then error({ code = "invalid", message = ("anomalies: %d steps are too many, %d at most: give a longer step"):format(n, ROWS_MOST) }, 0) end
  for i = 1, n do times[i] = math.floor(from + (i - 1) * step_ns) end
  for k, series in ipairs(list) do
    local values = {}
    for i = 1, n do values[i] = 0 / 0 end
    for i, at in ipairs(series.times) do values[math.floor((at - from) / step_ns + 0.5) + 1] = series.values[i] end
    columns[k] = values
  end
  return times, columns
end

--- What is odd in all series of an expression together, each alert with the one that contributed most.
local function together(list, step)
  local times, columns = aligned(list, step * 1e9)
  local scores, alerts = M.group_scores(times, columns)
  local found = {}
  for row, a in pairs(alerts) do
    local value = columns[a.series][row]
    found[#found + 1] = { labels = list[a.series].labels, time = times[row] / 1e9, value = value, score = scores[row], kind = a.kind, share = a.share, series = #list }
  end
  return found
end

--- What is odd in the values of an expression, by time.
---@param run table
---@param expr string as of run:query
---@param options table|nil { step = "1s", from, to, run, together: one score for all its series, try }
---@return table list of { labels, time, value, score, kind }; together: labels and value of the series that contributed most, share: of it in what is odd, series: how many
function M.run(run, expr, options)
  local o = schema.check(words.options.anomalies, options, "anomalies")
  if o.step <= 0 then error({ code = "invalid", message = "anomalies: step is more than 0" }, 0) end
  local found = {}
  if o.together then
    found = together(M.series_of(run, "anomalies", expr, { step = o.step, from = o.from, to = o.to, run = o.run }), o.step)
    table.sort(found, function(a, b) return a.time < b.time end)
    return found
  end
  for _, series in ipairs(M.series_of(run, "anomalies", expr, { step = o.step, from = o.from, to = o.to, run = o.run })) do
    local scores, alerts = M.scores(series.times, series.values)
    for row, kind in pairs(alerts) do
      found[#found + 1] = { labels = series.labels, time = series.times[row] / 1e9, value = series.values[row], score = scores[row], kind = kind }
    end
  end
  table.sort(found, function(a, b) return a.time < b.time end)
  return found
end

local function invalid(why) error({ code = "invalid", message = "correlate: " .. why }, 0) end

--- The values of a series a step each, NaN where it has none: a lag is counted in steps. Rows of the window: its first and its last.
local function rows_of(series, from, to, step_ns)
  local begin, values = math.min(series.times[1], from), {}
  local n = math.max(math.floor((series.times[#series.times] - begin) / step_ns + 0.5) + 1, math.ceil((to - begin) / step_ns))
  if n > ROWS_MOST then invalid(("%d steps are too many, %d at most: give a longer step"):format(n, ROWS_MOST)) end
  for i = 1, n do values[i] = 0 / 0 end
  for i, at in ipairs(series.times) do values[math.floor((at - begin) / step_ns + 0.5) + 1] = series.values[i] end
  return values, math.floor((from - begin) / step_ns + 0.5) + 1, math.max(math.ceil((to - begin) / step_ns), math.floor((from - begin) / step_ns + 0.5) + 1)
end

--- What a series does in the window, or nil and why it cannot tell.
local function judged(expr, series, from, to, step, max_lag)
  local values, first, last = rows_of(series, from, to, step * 1e9)
  local c, err = core.correlate(values, first, math.min(last, #values), math.floor(max_lag / step))
  if not c and err.code ~= "invalid" then error(err, 0) end
  if not c then return nil, err.message end
  return { expr = expr, labels = series.labels, d = c.d, p = c.p, before = c.before, during = c.during, correlation = c.correlation, lag = c.lag * step }
end

--- The window of options, in ns; the run whose it is began at began_ns.
local function window_of(bad, began_ns)
  local from, to = bad.from or bad[1], bad.to or bad[2]
  if not from or not to then invalid 'bad is a window: { from = "30s", to = "60s" }' end
  from, to = moment.in_run(from, began_ns, "correlate: bad.from"), moment.in_run(to, began_ns, "correlate: bad.to")
  if from >= to then invalid "bad.from is not before bad.to" end
  return from, to
end

local BEFORE = 8 -- windows before a window, and at least so many seconds

--- What is looked at, in seconds since 1970: as asked for; the run, which needs no words; or, of a window in what was before it, that window with its surroundings.
local function stretch_of(o, from, to, began_ns)
  if o.from or o.to or from >= began_ns then return o.from, o.to end
  return from / 1e9 - math.max(BEFORE * (to - from) / 1e9, 2 * o.max_lag, 60 * o.step), to / 1e9 + o.max_lag
end

--- For a window that is bad: the series that changed with it, the surest first, and of equal ones that which goes with it best. What has a negative lag
--- changed before the window began.
---@param run table
---@param options table { bad = { from, to }, among = { expression ... }, max_lag = "1m", step = "1s", from, to, run, try }
---@return table list of { expr, labels, d, p, before, during, correlation, lag: seconds }; left_out: { expr, labels, why } of each series that cannot tell, or nil
function M.correlate(run, options)
  local o = schema.check(words.options.correlate, options, "correlate")
  if o.step <= 0 then invalid "step is more than 0" end
  if #o.among == 0 then invalid 'among is empty: a list of expressions, { "load1", "queue_length" }' end
  local began_ns = o.run and inquiry.began(run, o.run) or run.started_ns
  local from, to = window_of(o.bad, began_ns)
  local begin, stop = stretch_of(o, from, to, began_ns)
  local found, left_out = {}, {}
  for i, expr in ipairs(o.among) do
    if type(expr) ~= "string" then invalid(("among, item %d: an expression such as \"load1\", not %s"):format(i, schema.show(expr))) end
    for _, series in ipairs(M.series_of(run, "correlate", expr, { step = o.step, run = o.run, from = begin, to = stop })) do
      local c, why = judged(expr, series, from, to, o.step, o.max_lag)
      if c then found[#found + 1] = c else left_out[#left_out + 1] = { expr = expr, labels = series.labels, why = why } end
    end
  end
  found.left_out = #left_out > 0 and left_out or nil
  table.sort(found, function(a, b)
    if a.p ~= b.p then return a.p < b.p end
    return a.correlation > b.correlation
  end)
  return found
end

return M
