--- run:anomalies: what is odd in the series of a run. One detector a series, online: the score of a moment depends on what came before it.
local core = require "perilune.core.anomaly"
local later = require "perilune.later"
local schema = require "perilune.schema"
local words = require "perilune.words"
local inquiry = later "perilune.inquiry"

local M = {}

--- Scores of values in their order, and the rows where an alert begins, with its kind: spike, level shift, variance, flat line, missing data,
--- lost season or slow leak. A score of 0.5 or more begins an alert; NaN is a missing value and scores 0.
---
---     local scores, alerts = anomalies.scores(nil, { 1, 2, 1 })
---@param times integer[]|nil ns since 1970; without them a row is a second
---@param values number[]
---@return number[] scores, table<integer, string> alerts
function M.scores(times, values) return core.scores(times, values) end

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
      series = { labels = p.labels, key = key, times = {}, values = {} }
      known[key], list[#list + 1] = series, series
    end
    series.times[#series.times + 1], series.values[#series.values + 1] = math.floor(p.time * 1000 + 0.5) * 1000000, p.value + 0.0
  end
  return list
end

--- What is odd in the values of an expression, by time.
---@param run table
---@param expr string as of run:query
---@param options table|nil { step = "1s", from, to, run, try }
---@return table list of { labels, time, value, score, kind }
function M.run(run, expr, options)
  local o = schema.check(words.options.anomalies, options, "anomalies")
  local points = inquiry.run(run, expr, { step = o.step, from = o.from, to = o.to, run = o.run })
  local found = {}
  for _, series in ipairs(M.by_series(points)) do
    local scores, alerts = M.scores(series.times, series.values)
    for row, kind in pairs(alerts) do
      found[#found + 1] = { labels = series.labels, time = series.times[row] / 1e9, value = series.values[row], score = scores[row], kind = kind }
    end
  end
  table.sort(found, function(a, b) return a.time < b.time end)
  return found
end

return M
