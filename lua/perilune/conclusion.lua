--- The end of a run: which exit code and verdict, and what they rest on.
local effect = require "perilune.effect"
local exit_codes = require "perilune.exit_codes"
local steps = require "perilune.steps"
local words = require "perilune.words"

local M = {}

--- Whether a rule that decides stopped a load.
local function is_stopped(run)
  for _, o in ipairs(run.verdicts) do
    if o.stopped and o.severity ~= "warn" then return true end
  end
  return false
end

--- Whether scrapes are all that this run asked, and nobody answered one.
local function is_unanswered(run)
  if #run.loads > 0 or #run.scrapes == 0 then return false end
  for _, s in ipairs(run.scrapes) do
    if s.answered then return false end
  end
  return true
end

--- All reasons that apply to a run that has ended.
local function reasons_of(run, err)
  local reasons = {}
  if run.deadline_passed then reasons.deadline = true end
  if err then reasons[exit_codes.reason_of(err)] = true end
  for _, r in ipairs(run.loads) do
    if r.all_refused then reasons.refused = true end
    if r.target.verdict == "silent" then reasons.target_never_answered = true end
    if r.script_broke then reasons.script_error = true end
    if run.options.once and r.stats.failed > 0 then reasons.objective_failed = true end
  end
  for _, f in ipairs(run.searches or {}) do
    if not f.known then reasons[f.silent and "target_never_answered" or "inconclusive"] = true end
  end
  for _, o in ipairs(run.verdicts) do
    if o.severity ~= "warn" then
      if o.verdict == "fail" then reasons.objective_failed = true end
      if o.verdict == "inconclusive" or (o.marginal and run.prepared.spec.strict) then reasons.inconclusive = true end
    end
  end
  if reasons.objective_failed and is_unanswered(run) then reasons.target_never_answered = true end
  -- What a broken objective cut short cannot be judged in full: that it was cut is the verdict.
  if is_stopped(run) then reasons.inconclusive = nil end
  for _, c in ipairs(run.comparisons) do
    if c.verdict == "fail" then reasons.objective_failed = true end
    if c.verdict == "inconclusive" and run.prepared.spec.strict then reasons.inconclusive = true end
  end
  if run:limited() and (reasons.objective_failed or run:judged_by_load()) then reasons.inconclusive = true end
  return reasons
end

--- Objectives that decide (severity fail) and have this verdict.
local function objectives(run, verdict)
  local list = {}
  for _, o in ipairs(run.verdicts) do
    if o.severity ~= "warn" and o.verdict == verdict then list[#list + 1] = o.scope and ("%s [%s]"):format(o.expr, o.scope) or o.expr end
  end
  return list
end

--- How a target was silent.
local function silence(run)
  for _, r in ipairs(run.loads) do
    if r.target.verdict == "silent" then return r.target.reasons[1] end
  end
  return "not one answer came"
end

--- What the verdict rests on, for the summary's last line; nil where it needs none.
---@param run perilune.Run
---@param reason string of the exit
---@return string|nil
local function because(run, reason)
  if reason == "script_error" and not run.error then return "iterations fail in the script" end
  if reason == "deadline" then return "the deadline passed" end
  if reason == "cancelled" then return run.cancelled.signal and ("ended by signal %d"):format(run.cancelled.signal) or "ended by its host" end
  if reason == "target_never_answered" then return silence(run) end
  if reason ~= "inconclusive" and reason ~= "objective_failed" then return nil end
  local failed, parts = objectives(run, "fail"), {}
  for _, c in ipairs(run.comparisons) do
    if c.verdict == "fail" then failed[#failed + 1] = ("%s against %s"):format(effect.shown(c), c.against) end
  end
  if reason == "inconclusive" then
    local unknown = objectives(run, "inconclusive")
    if run:limited() then parts[1] = "the generator was limited" end
    for _, f in ipairs(run.searches or {}) do
      if not f.known then parts[#parts + 1] = steps.unknown(f) end
    end
    if #unknown > 0 then parts[#parts + 1] = "cannot tell " .. table.concat(unknown, ", ") end
  end
  if #failed > 0 then parts[#parts + 1] = "failed: " .. table.concat(failed, ", ") end
  return #parts > 0 and table.concat(parts, "; ") or nil
end

--- Sets run.exit, run.verdict and run.because.
---@param run perilune.Run
---@param err table|nil what ended the run
function M.draw(run, err)
  local row = exit_codes.first(reasons_of(run, err))
  local verdict = exit_codes.verdict(row.reason)
  if run.cancelled then
    verdict = "cancelled"
    row = { code = run.cancelled.signal and 128 + run.cancelled.signal or exit_codes.CODE.internal, reason = "cancelled" }
  end
  run.exit, run.verdict, run.because = row, verdict, because(run, row.reason)
end

local CODE = { deadline = "timeout", refused = "refused" }

--- What a run whose verdict is an error tells the program that waits for it.
---@param run perilune.Run that was drawn
---@return table|nil { code, message } nil where the verdict is another
function M.error(run)
  if run.verdict ~= "error" then return nil end
  local reason = run.exit.reason
  if run.error and reason ~= "deadline" then return run.error end
  return { code = CODE[reason] or "script", message = run.because or words.exits[reason] }
end

return M
