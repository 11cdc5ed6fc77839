--- The series of one run on the grid of its report: columns of a second or more from its begin to its end.
local hist = require "perilune.core.hist"
local history = require "perilune.history"
local stored = require "perilune.report.stored"

local M = {}

--- Most columns of a chart: beyond them seconds are put together.
local COLUMNS = 240
--- Usual distances of samples from which on one is missing between two.
local GAP = 2.5
local checked = stored.checked

--- The grid: `step` seconds a column from `from` (wall ms).
---@param row table of the table of runs
---@return table { from, to, step, columns, seconds }
function M.grid(row)
  local began, ended = history.drawn_range(row)
  local from = began // 1000000
  local to = ended // 1000000
  local seconds = math.max(1, (to - from) / 1000)
  local step = 1
  while seconds / step > COLUMNS do step = step * (step == 1 and 2 or step == 2 and 2.5 or 2) end
  step = math.tointeger(step) or math.ceil(step)
  return { from = from, to = to, step = step, columns = math.ceil(seconds / step), seconds = seconds }
end

--- The column of a time; nil of one that is not the run's. What comes a column before or after it is of the first or the last.
local function column(grid, ms)
  local c = (ms - grid.from) // (grid.step * 1000) + 1
  return c >= 0 and c <= grid.columns + 1 and math.tointeger(math.max(1, math.min(grid.columns, c))) or nil
end

--- Whether a counter is a load's, whose samples bear the end of the second in which it grew, and not its begin, which older versions wrote: there the first
--- 0 lies 1 ms before its second.
local function tells_of_before(s, times, values)
  local of_load = s.kind == "counter" and s.labels.source == "load" and s.name:find "^load_"
  return of_load and not (#times > 1 and values[1] == 0 and times[2] - times[1] == 1)
end

--- Adds a counter's growth, per second, to the columns of `into`: evenly to those that a pair of samples spans, with the second one's or, where `before`, with
--- the first one's: there lie the distributions of the same second.
local function add_rate(grid, into, times, values, before)
  for i = 2, #times do
    local grown, first, last = values[i] - values[i - 1], column(grid, times[i - 1]), column(grid, times[i])
    if first and last and grown >= 0 then
      local n = math.max(1, last - first)
      local from = before and first or last - n + 1
      for c = from, from + n - 1 do into[c] = (into[c] or 0) + grown / (n * grid.step) end
    end
  end
end

--- The last value of each column. A column between two samples has the earlier one's, unless samples are missing there.
local function held(grid, times, values)
  local out, usual = {}, #times > 1 and (times[#times] - times[1]) / (#times - 1) or 0
  for i = 1, #times do
    local c, after = column(grid, times[i]), i < #times and column(grid, times[i + 1])
    if c then out[c] = values[i] end
    if c and after and times[i + 1] - times[i] <= usual * GAP then
      for between = c + 1, after - 1 do out[between] = values[i] end
    end
  end
  return out
end

local Timeline = {}
Timeline.__index = Timeline

--- Series of a metric of this run.
---@param name string
---@param labels table|nil
function Timeline:series(name, labels)
  return checked(self.reader:series(name, self.run, labels))
end

--- The rate per second of one counter.
---@param s table of series
---@param into table|nil columns to add to
---@return table { [column] = rate }
function Timeline:rate_of(s, into)
  local out, times, values = into or {}, self.reader:samples(s.id, self.run)
  checked(times, values)
  add_rate(self.grid, out, times, values, tells_of_before(s, times, values))
  return out
end

--- One gauge, the last value of each column.
---@param s table of series
---@return table { [column] = value }
function Timeline:gauge_of(s)
  local times, values = self.reader:samples(s.id, self.run)
  checked(times, values)
  return held(self.grid, times, values)
end

--- Histograms of one series, one a column.
---@param s table of series
---@param into table|nil columns to add to
---@return table { [column] = hist }
function Timeline:columns_of(s, into)
  local out, times, hists = into or {}, self.reader:dists(s.id, self.run, 1)
  checked(times, hists)
  for i = 1, #times do
    local c = column(self.grid, times[i])
    if c then
      out[c] = out[c] or hist.new()
      out[c]:add(hists[i])
    end
  end
  return out
end

--- Rates per second of a counter, summed by `key(labels)`; keys that are nil are left out.
---@param name string
---@param key fun(labels: table): string|nil
---@param labels table|nil
---@return table key -> { [column] = rate }
function Timeline:rates(name, key, labels)
  local out = {}
  for _, s in ipairs(self:series(name, labels)) do
    local k = key(s.labels)
    if k then out[k] = self:rate_of(s, out[k]) end
  end
  return out
end

--- A gauge, the last value of each column, summed over its series.
---@param name string
---@param labels table|nil
---@return table { [column] = value }
function Timeline:gauge(name, labels)
  local out = {}
  for _, s in ipairs(self:series(name, labels)) do
    for c, v in pairs(self:gauge_of(s)) do out[c] = (out[c] or 0) + v end
  end
  return out
end

--- Histograms of a metric, merged over its series, one a column.
---@param name string
---@param labels table|nil
---@return table { [column] = hist }
function Timeline:columns(name, labels)
  local out = {}
  for _, s in ipairs(self:series(name, labels)) do self:columns_of(s, out) end
  return out
end

--- Whole-load histograms by label set: array of { labels, ts, hist }.
---@param name string
---@return table
function Timeline:whole(name)
  local out = {}
  for _, s in ipairs(self:series(name)) do
    local times, hists = self.reader:dists(s.id, self.run, 0)
    checked(times, hists)
    for i = 1, #times do out[#out + 1] = { labels = s.labels, ts = times[i], hist = hists[i] } end
  end
  return out
end

--- The timeline of a run.
---@param reader any
---@param row table of the table of runs
---@return table
function M.open(reader, row)
  return setmetatable({ reader = reader, run = row.id, grid = M.grid(row) }, Timeline)
end

return M
