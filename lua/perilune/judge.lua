--- The final judgement of objectives: the stored series of the run, evaluated by the same code as live.
local metrics = require "perilune.metrics"
local query = require "perilune.core.query"
local result = require "perilune.result"
local sla = require "perilune.sla"
local spread = require "perilune.spread"
local task = require "perilune.task"
local live = require "perilune.watch"
local writer = require "perilune.core.writer"

local M = {}

local KEPT = 0.99 -- of the starts that were planned: a rate that was kept

--- Adds late objectives (run:sla).
---@param run perilune.Run
---@param rows table
function M.add(run, rows)
  for _, row in ipairs(sla.read(rows, "ignore", run.prepared.world)) do
    run.objectives[#run.objectives + 1] = row
    live.follow(run, row)
    for _, text in ipairs(row.warnings) do run:note(text) end
  end
end

local function check_instance(run, row)
  metrics.check_instances(query.parse(row.expr), run.prepared.world, ("%q"):format(row.expr))
end

--- Raises where an objective could mean several instances of what is sampled by now. Before anything is sent.
---@param run perilune.Run
function M.check_instances(run)
  for _, row in ipairs(run.objectives) do check_instance(run, row) end
end

--- Why an objective cannot be judged: what was sampled after the last load may have given its short names a second meaning.
local function doubt(run, row)
  local ok, err = pcall(check_instance, run, row)
  return not ok and err.message or nil
end

--- Why there is no value: a label may ask for what was not seen.
local function explain_nothing(run, row, reason)
  local absent = metrics.absent(query.parse(row.expr), function(metric) return run:series(metric) end)
  return absent and ("%s: %s"):format(reason, absent) or reason
end

--- Whether this objective stopped a load of the run.
local function stopped_by(run, row)
  for _, l in ipairs(run.loads) do
    if l.stopped and l.stopped.objective == row.expr and row.stop then return true end
  end
  return false
end

--- The verdict row of a rule of the script that stopped a load.
local function of_rule(stopped)
  local r = { expr = "stop_when", value = stopped.value, unit = stopped.unit, severity = "fail", verdict = "fail", stopped = true, reason = stopped.why }
  r.line = sla.line(r)
  return r
end

--- Judges one row over the stored run.
---@param run perilune.Run
---@param row table
---@return table verdict row
local function judge(run, row)
  local watch, err = query.watch(row.expr, sla.options(row, run.prepared.spec.strict))
  if not watch then error(err, 0) end
  local ok, why = watch:replay(run:reader(), run.row)
  if not ok then error(why, 0) end
  local r = watch:result()
  r.expr, r.severity, r.why, r.owner = row.expr, row.severity or "fail", row.why, row.owner
  r.is_default = row.default
  if r.reason and not r.value then r.reason = explain_nothing(run, row, r.reason) end
  local unclear = doubt(run, row)
  if unclear then r.verdict, r.reason = "inconclusive", unclear end
  if stopped_by(run, row) then r.verdict, r.stopped = "fail", true end
  r.line = sla.line(r)
  return r
end

--- `perilune load --rate` without objectives of its own: what was answered is at least 99 % of what was planned. A refused
--- connection is no answer.
local function judge_rate(l)
  local ratio = 1
  for _, s in ipairs(l.scenarios) do
    if s.plan.model == "open" then ratio = math.min(ratio, s.stats.kept_up) end
  end
  local passed = ratio >= KEPT
  local r = { expr = "rate(requests) >= 99% of planned", value = ratio, unit = "ratio", limit = KEPT, samples = l.stats.requests, is_default = true, severity = "fail",
    verdict = passed and "pass" or "fail" }
  r.line = sla.line(r)
  return r
end

--- Judges all objectives of a run and stores the verdicts.
---@param run perilune.Run
function M.all(run)
  for i, row in ipairs(run.objectives) do
    if not (row.default and #run.loads == 0) then
      local r = judge(run, row)
      run.verdicts[#run.verdicts + 1] = r
      result.store_objective(run, i, r)
    end
  end
  for _, l in ipairs(run.loads) do
    if l.stopped and l.stopped.rule then
      run.verdicts[#run.verdicts + 1] = of_rule(l.stopped)
      result.store_objective(run, #run.verdicts, run.verdicts[#run.verdicts])
    end
  end
  for i, l in ipairs(run.loads) do
    spread.add(run, l)
    if run.options.hold_rate and l.model == "open" and l.rate_planned > 0 then
      local r = judge_rate(l)
      run.verdicts[#run.verdicts + 1] = r
      result.store_objective(run, #run.objectives + i, r)
    end
  end
end

--- Whether an objective that somebody wrote looks at the load.
---@param run perilune.Run
---@return boolean
function M.depends_on_load(run)
  for _, row in ipairs(run.objectives) do
    if row.of_load and not row.default then return true end
  end
  return false
end

--- Whether a scenario that says at which rate starts come was not answered at it, and the generator limited that load: nobody knows what the target
--- would have done.
---@param run perilune.Run
---@return boolean
function M.misses_rate(run)
  for _, l in ipairs(run.loads) do
    for _, s in ipairs(l.generator.verdict == "limited" and l.scenarios or {}) do
      if s.plan.model == "open" and s.stats.kept_up < KEPT then return true end
    end
  end
  return false
end

--- Raises where a comparison is none, or names what there is not.
---@param run perilune.Run
---@param expr string with a comparison
function M.check(run, expr)
  local facts, err = query.parse(expr)
  if not facts then error(err, 0) end
  for _, text in ipairs(metrics.check(facts, run.prepared.world, ("%q"):format(expr))) do run:note(text) end
end

--- The same for an expression over what is stored by now.
---@param run perilune.Run
---@param expr string without a comparison
---@param row integer|nil number of the run that is meant; nil: this one
---@return table facts of query.expression
function M.check_stored(run, expr, row)
  local facts, err = query.expression(expr)
  if not facts then error(err, 0) end
  local world = metrics.world_now(run.prepared.world)
  if row and row ~= run.row then
    world.scenarios, world.any_tag, world.any_label = {}, true, true -- those of another run are not known
    world.sources = function(metric) return run:series(metric, row) end
  end
  metrics.check(facts, world, ("%q"):format(expr))
  return facts
end

--- Whether an expression with a comparison holds over what is stored now.
---@param run perilune.Run
---@param expr string
---@return boolean
function M.holds_now(run, expr)
  assert(writer.sync())
  local watch, err = query.watch(expr, {})
  if not watch then error(err, 0) end
  local ok, why = watch:replay(run:reader(), run.row, run.open_parts)
  if not ok then error(why, 0) end
  task.yield()
  return watch:result().verdict == "pass"
end

return M
