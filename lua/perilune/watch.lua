--- Live objectives: the collector evaluates them each second; this module asks it how they stand.
local clock = require "perilune.core.clock"
local core = require "perilune.core.watch"
local sla = require "perilune.sla"

local M = {}

--- What the live view shows of the last seconds: watches that never break.
local FIGURES = { p50 = "p50(latency) < 1000000s over last 3s", p99 = "p99(latency) < 1000000s over last 3s", cpu = "cpu_utilization < 200% over last 3s" }

local function part(name, times)
  local ok, err = core.part(name, times)
  if not ok then error(err, 0) end
end

--- Adds a watch for every objective of the run.
---@param run perilune.Run
function M.start(run)
  run.watches = {}
  -- Until a load is measured nothing is.
  core.part("", { from_ms = 0, to_ms = 0, drained_ms = 0 })
  for _, row in ipairs(run.objectives) do M.follow(run, row) end
  run.figures = {}
  for name, expr in pairs(FIGURES) do run.figures[name] = core.add(expr, { min_samples = 1 }) end
end

--- Adds a watch for one more objective: it sees what comes from now on.
---@param run perilune.Run
---@param row table
function M.follow(run, row)
  local options = sla.options(row)
  options.stops = row.stop
  local number, err = core.add(row.expr, options)
  if not number then error(err, 0) end
  run.watches[#run.watches + 1] = { row = row, number = number }
end

--- Adds a live value of an expression; gives its number.
---@param expr string with or without a window
---@return integer
function M.add(expr)
  local number, err = core.add(expr, { expression = true })
  if not number then error(err, 0) end
  return number
end

--- From now on the scenarios of these plans are measured, after their warm-up, until their planned end.
---@param run perilune.Run
---@param plans table[]
function M.measured(run, plans)
  for _, plan in ipairs(plans) do
    local counted = plan.model == "iterations" or plan.model == "iterations_each"
    local from_ms = clock.wall() // 1000000 + (plan.offset + plan.warmup) * 1000
    run.open_parts[plan.name] = { from_ms = from_ms, to_ms = not counted and from_ms + (plan.duration - plan.warmup) * 1000 or nil }
    part(plan.name, run.open_parts[plan.name])
  end
end

--- The measured part of a scenario as it was.
---@param run perilune.Run
---@param name string
---@param measured table { from_ms, to_ms, drained_ms }
function M.ended(run, name, measured)
  part(name, measured)
  run.open_parts[name] = nil
end

--- Rows of the objectives that are broken at the last second.
---@param run perilune.Run
---@return table[] rows
---@return integer second the last one that ended
function M.broken(run)
  local broken, second = core.broken()
  if not broken then error(second, 0) end
  local rows = {}
  for _, w in ipairs(run.watches) do
    if broken[w.number] then rows[#rows + 1] = w.row end
  end
  return rows, second
end

--- How every live watch stands, by its number.
---@return table { [number] = { value, verdict, ... } }
function M.values()
  local found, err = core.states()
  if not found then error(err, 0) end
  return found
end

--- How the objective of a row stands.
---@param run perilune.Run
---@param row table
---@return table|nil
function M.state_of(run, row)
  local found = M.values()
  for _, w in ipairs(run.watches) do
    if w.row == row then return found[w.number] end
  end
end

--- How the objectives stand: array of { row, broken, value, verdict }.
---@param run perilune.Run
---@return table
function M.states(run)
  local states, figures, found = {}, {}, M.values()
  for name, number in pairs(run.figures) do figures[name] = found[number] and found[number].text end
  run.latest_figures = figures
  for i, w in ipairs(run.watches) do
    local s = found[w.number] or {}
    s.row = w.row
    states[i] = s
  end
  return states
end

return M
