--- Live objectives: the collector evaluates them each second; this module asks it how they stand.
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
  for _, row in ipairs(run.objectives) do
    local number, err = core.add(row.expr, sla.options(row))
    if not number then error(err, 0) end
    run.watches[#run.watches + 1] = { row = row, number = number }
  end
  run.figures = {}
  for name, expr in pairs(FIGURES) do run.figures[name] = core.add(expr, {}) end
end

--- From now on the scenarios of these plans are measured, after their warm-up, until their planned end.
function M.measured(run, plans)
  for _, plan in ipairs(plans) do
    local counted = plan.model == "iterations" or plan.model == "iterations_each"
    part(plan.name, { after_ms = (plan.offset + plan.warmup) * 1000, for_ms = not counted and (plan.duration - plan.warmup) * 1000 or nil })
  end
  run.latest_states = {}
end

--- The measured part of a scenario as it was.
---@param name string
---@param measured table { from_ms, to_ms, drained_ms }
function M.ended(name, measured) part(name, measured) end

--- How the objectives stand: array of { row, broken, value, verdict }.
---@param run perilune.Run
---@return table
function M.states(run)
  local states, figures = {}, {}
  local found, err = core.states()
  if not found then error(err, 0) end
  for name, number in pairs(run.figures) do figures[name] = found[number] and found[number].text end
  run.latest_figures = figures
  for i, w in ipairs(run.watches) do
    local s = found[w.number] or {}
    s.row = w.row
    states[i] = s
  end
  run.latest_states = states
  return states
end

--- The states as last asked for.
function M.latest(run) return run.latest_states or {} end

return M
