--- Baselines: the pinned run of a playbook and target, and the recent comparable ones.
local schema = require "perilune.schema"
local writer = require "perilune.core.writer"

local M = { DEFAULT = "default" }

--- Pins this run when it has ended well; only passed, valid runs become a baseline.
---@param run perilune.Run
---@param name string|nil default "default"
function M.pin(run, name)
  name = name or M.DEFAULT
  if type(name) ~= "string" or not name:match("^[%w][%w_.%-]*$") then
    error({ code = "invalid", message = ("pin_baseline: %s is no name: letters, digits, _ - and ."):format(schema.show(name)) }, 0)
  end
  run.pins = run.pins or {}
  run.pins[#run.pins + 1] = name
end

--- Why this run may not become a baseline, or nil.
local function objection(run)
  if run.verdict ~= "pass" then return ("the run ended as %s (exit %d)"):format(run.verdict, run.exit.code) end
  if run:limited() then return "the generator was limited" end
end

--- Pins what run:pin_baseline asked for; called once the run has its verdict.
---@param run perilune.Run
function M.settle(run)
  local why = run.pins and objection(run)
  for _, name in ipairs(run.pins or {}) do
    if why then
      run:note(("the baseline %q was not pinned: %s; only passed, valid runs become one"):format(name, why))
    else
      local row, err = writer.record("baseline_pin", { name = name, playbook = run.name, run = run.row, ts_ns = run.started_ns }, true)
      if not row then error(err, 0) end
      run:note(("pinned as the baseline %q"):format(name))
    end
  end
end

--- The pinned run of this playbook, or nil.
---@param run perilune.Run
---@param name string|nil
---@return table|nil row of the run
function M.get(run, name)
  local rows, err = run:reader():record("baseline_get", { name = name or M.DEFAULT, playbook = run.name })
  if not rows then error(err, 0) end
  return rows[1]
end

--- The last passed runs comparable with this one, newest first.
---@param run perilune.Run
---@param limit integer
---@return table rows
function M.comparable(run, limit)
  local rows, err = run:reader():record("runs_comparable", { run = run.row, limit = limit })
  if not rows then error(err, 0) end
  return rows
end

return M
