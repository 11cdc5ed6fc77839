--- Baselines: the pinned run of a playbook and target, and the recent comparable ones.
local writer = require "perilune.core.writer"

local M = {}

--- Pins this run when it ends well; only passed, valid runs become a baseline.
---@param run perilune.Run
---@param name string|nil default "default"
function M.pin(run, name)
  run:defer(function()
    local err = run.error
    if err or run.cancelled or run:limited() then
      run:note("the baseline was not pinned: only passed, valid runs become one")
      return
    end
    local row, why = writer.record("baseline_pin", { name = name or "default", playbook = run.name, run = run.row, ts_ns = run.started_ns }, true)
    if not row then error(why, 0) end
  end)
end

--- The pinned run of this playbook, or nil.
---@param run perilune.Run
---@param name string|nil
---@return table|nil row of the run
function M.get(run, name)
  local rows, err = run:reader():record("baseline_get", { name = name or "default", playbook = run.name })
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
