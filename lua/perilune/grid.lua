--- Series of the timeline on steps of equal length: what counters grew by, what gauges were, the histograms of each step.
local judge = require "perilune.judge"
local task = require "perilune.task"

local M = {}

M.MOST = 100000 -- steps
local READ_MS = 600 * 1000 -- histograms that are held at a time
local GAP = 3 -- usual distances of a gauge's samples over which its value is held

local function checked(value, err)
  if value == nil then error(err, 0) end
  return value
end

local Grid = {}
Grid.__index = Grid

--- Steps from one moment to another, in wall milliseconds: of `step` seconds, or longer ones where there would be more than MOST.
---@param from number
---@param to number
---@param step number|nil seconds; 1
---@return table { from, to, step: ms, n }
function M.new(from, to, step)
  local ms = math.max((step or 1) * 1000, math.ceil((to - from) / M.MOST))
  return setmetatable({ from = from, to = to, step = ms, n = math.max(1, math.ceil((to - from) / ms - 1e-9)) }, Grid)
end

--- The metric and the labels of a selector, as of objectives: "latency", "requests{scenario='shop'}", "rpc_seconds{job='shop'}".
---@param run table
---@param selector string
---@param aggregate string that its kind must allow: "p50" of distributions, "rate" of counters
---@param row integer|nil number of the run
---@return table { metric, matchers }
function M.selector(run, selector, aggregate, row)
  return judge.check_stored(run, ("%s(%s)"):format(aggregate, selector), row).uses[1]
end

--- Series that a selector means, of a run.
---@param reader any
---@param selector table of M.selector, or { metric = name, matchers = {} }
---@param row integer number of the run; 0: what belongs to none
---@return table[] { id, name, labels }
function M.series(reader, selector, row)
  local out = {}
  for _, s in ipairs(checked(reader:series(selector.metric, row))) do
    local meant = true
    for _, m in ipairs(selector.matchers) do meant = meant and ((s.labels[m.label] or "") == m.value) == m.equal end
    if meant then out[#out + 1] = s end
  end
  return out
end

--- The step that a moment falls into, or nil.
function Grid:at(ms)
  local i = (ms - self.from) // self.step + 1
  return i >= 1 and i <= self.n and math.tointeger(i) or nil
end

--- Adds what grew between two moments to the steps between them, in equal shares of time; what lies outside is left out.
local function spread(grid, into, t0, t1, grown)
  local first, last = (t0 - grid.from) // grid.step + 1, math.ceil((t1 - grid.from) / grid.step)
  for i = math.tointeger(math.max(1, first)), math.tointeger(math.min(grid.n, last)) do
    local begin = grid.from + (i - 1) * grid.step
    local share = (math.min(t1, begin + grid.step) - math.max(t0, begin)) / (t1 - t0)
    if share > 0 then into[i] = (into[i] or 0) + grown * share end
  end
end

--- Stretches of a series that have been read, { { after, to } } in wall ms: what several runs have, as a history that each of them imported, is read once.
M.Stretches = {}
M.Stretches.__index = M.Stretches

--- Whether a moment lies in one of the stretches.
function M.Stretches:has(ms)
  for _, one in ipairs(self) do
    if ms > one[1] and ms <= one[2] then return true end
  end
  return false
end

--- Those that reach into another stretch: as a rule none.
function M.Stretches:within(after, to)
  local out = setmetatable({}, M.Stretches)
  for _, one in ipairs(self) do
    if one[1] < to and one[2] > after then out[#out + 1] = one end
  end
  return out
end

--- Adds a stretch, together with those that it reaches into.
function M.Stretches:add(after, to)
  for i = #self, 1, -1 do
    local one = self[i]
    if one[1] <= to and one[2] >= after then
      after, to = math.min(after, one[1]), math.max(to, one[2])
      table.remove(self, i)
    end
  end
  self[#self + 1] = { after, to }
end

--- Adds what a counter grew by to the steps; a value below the one before it counts from 0.
---@param reader any
---@param s table of series
---@param row integer
---@param into table { [step] = number }
---@param read table|nil Stretches that are left out; what is read is added to them
---@return table into
function Grid:growth(reader, s, row, into, read)
  local times, values = reader:samples(s.id, row)
  checked(times, values)
  local known = read and #times > 1 and read:within(times[1], times[#times]) or M.Stretches
  if read and #times > 1 then read:add(times[1], times[#times]) end
  for i = 2, #times do
    if times[i] > times[i - 1] and not known:has(times[i]) then
      spread(self, into, times[i - 1], times[i], values[i] >= values[i - 1] and values[i] - values[i - 1] or values[i])
    end
  end
  return into
end

--- Adds a gauge to the steps: the last value of each, and the one before where there is none, for some of its usual distances.
---@param reader any
---@param s table of series
---@param row integer
---@param into table { [step] = number }
---@return table into
function Grid:gauge(reader, s, row, into)
  local times, values = reader:samples(s.id, row)
  checked(times, values)
  local usual, own = #times > 1 and (times[#times] - times[1]) / (#times - 1) or 0, {}
  for i = 1, #times do
    local at = self:at(times[i])
    if at then own[at] = values[i] end
    local next_at = i < #times and times[i + 1] - times[i] <= usual * GAP and self:at(times[i + 1])
    for between = at and next_at and at + 1 or 1, at and next_at and next_at - 1 or 0 do own[between] = values[i] end
  end
  for at, v in pairs(own) do into[at] = (into[at] or 0) + v end
  return into
end

--- Calls fn(step, hist, ms) for each histogram of a second, some minutes of them at a time; it can be cancelled between those.
---@param reader any
---@param s table of series
---@param row integer
---@param fn fun(step: integer, h: any, ms: number)
---@param from number|nil wall ms, within the grid: where the run begins
---@param to number|nil
function Grid:hists(reader, s, row, fn, from, to)
  local at, stop = math.floor(math.max(from or self.from, self.from)), math.ceil(math.min(to or self.to, self.to))
  while at < stop do
    local next_at = math.min(at + READ_MS, stop)
    local times, hists = reader:dists(s.id, row, 1, at, next_at)
    checked(times, hists)
    for i = 1, #times do
      local step = self:at(times[i])
      if step then fn(step, hists[i], times[i]) end
    end
    at = next_at
    task.yield()
  end
end

return M
