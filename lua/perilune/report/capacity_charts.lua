--- Capacity: throughput and latency against offered load, from the steps of a search or a sweep.
local capacity = require "perilune.capacity"
local chart = require "perilune.report.chart.steps"
local steps = require "perilune.steps"
local svg = require "perilune.report.chart.svg"

local M = {}

--- The steps in order of their level, and how to read that.
local function ordered(found)
  local list = { table.unpack(found.steps) }
  local function level(s) return type(s.rate) == "number" and s.rate or s.users end
  table.sort(list, function(a, b) return level(a) < level(b) end)
  return list, level, #list > 0 and type(list[1].rate) == "number" and "rate" or "number"
end

local function points(list, level, field)
  local out = {}
  for _, s in ipairs(list) do
    if type(s[field]) == "number" then out[#out + 1] = { level(s), s[field], s.passed } end
  end
  return out
end

local CURVE_POINTS = 48

--- The law's curve from 1 (or less) to a load.
local function curve_of(u, least, largest)
  local curve = {}
  for i = 1, CURVE_POINTS do
    local n = least + (largest - least) * (i - 1) / (CURVE_POINTS - 1)
    curve[i] = { n, capacity.usl_at(u, n) }
  end
  return { name = "scalability law", class = "c3", points = curve }
end

--- What a sweep of users says by the universal scalability law and of its knee: a curve, a mark and lines of words; nil of too few steps.
local function law_of(list)
  local users, rates, largest = {}, {}, 0
  for _, s in ipairs(list) do
    if type(s.users) == "number" and type(s.achieved) == "number" then
      users[#users + 1], rates[#rates + 1], largest = s.users, s.achieved, math.max(largest, s.users)
    end
  end
  local u = capacity.usl(users, rates)
  if not u.known then return nil end
  local knee = capacity.bend(users, rates)
  return { series = curve_of(u, 1, largest), mark = knee.known and { value = knee.knee, name = "knee" } or nil,
    text = knee.known and u:explain() .. "\n" .. knee:explain() or u:explain() }
end

local BEYOND = 1.5 -- times the largest load that the curve goes on, where its peak lies there

--- The points of an answer of run:capacity, with the law's curve, its peak, its knee and its limit, each with its interval.
---@param law table { loads, throughputs, alpha, beta, gamma, peak = { value, lo, hi }, limit = { value, lo, hi }, knee }; nil: no chart
---@return string html
function M.law(law)
  local points, least, largest = {}, 1, 0
  for i, n in ipairs(law.loads) do
    points[i] = { n, law.throughputs[i] }
    least, largest = math.min(least, n), math.max(largest, n)
  end
  local marks, peak, limit = {}, law.peak, law.limit
  if law.knee then marks[1] = { value = law.knee, name = "knee" } end
  if peak then marks[#marks + 1] = { value = peak.value, name = "peak", lo = peak.lo, hi = peak.hi } end
  local to = peak and peak.value > largest and peak.value <= BEYOND * largest and peak.value or largest
  local u = law.gamma and { alpha = { value = law.alpha }, beta = { value = law.beta }, gamma = { value = law.gamma } }
  return ('<div class="charts">%s</div>'):format(chart.draw { title = "Throughput against load", note = u and "dots: measured; shaded: 95 %" or "dots: measured", unit = "number", x_unit = "number", marks = marks,
    limit = limit and { value = limit.value, name = "limit", lo = limit.lo, hi = limit.hi }, series = { { name = "measured", class = "c1", dots = true, points = points }, u and curve_of(u, least, to) } })
end

--- The section of one search.
---@param found table as perilune.run/1 has it
---@return string html
local function one(found)
  local list, level, unit = ordered(found)
  local rate = type(found.rate_per_s) == "number" and unit == "rate" and { value = found.rate_per_s, name = "capacity" } or nil
  local lines = { "<p>" .. svg.escape(steps.stored(found)) .. "</p>" }
  local law = unit == "number" and law_of(list) or nil
  if law then lines[1] = lines[1] .. "<p>" .. svg.escape(law.text):gsub("\n", "<br>") .. "</p>" end
  lines[2] = chart.draw { title = "Throughput against " .. (unit == "rate" and "offered load" or "users"), note = "rings: the step did not hold, or cannot be told", unit = "rate", x_unit = unit, mark = rate or law and law.mark,
    series = { { name = "answered", class = "c1", points = points(list, level, "achieved") }, law and law.series } }
  lines[3] = chart.draw { title = "Latency against " .. (unit == "rate" and "offered load" or "users"), unit = "duration", x_unit = unit, mark = rate,
    series = { { name = "p50", class = "c1", points = points(list, level, "p50") }, { name = "p99", class = "c2", points = points(list, level, "p99") } } }
  return ('%s<div class="charts">%s%s</div>'):format(table.unpack(lines))
end

--- All searches of the run; empty when there is none.
---@param model table
---@return string html
function M.draw(model)
  local out = {}
  for _, found in ipairs(model.result.searches or {}) do out[#out + 1] = one(found) end
  return table.concat(out)
end

return M
