--- What people did to a load on its way (`perilune control`, pl_run_control, keys of the live view), in words.
local units = require "perilune.core.units"

local M = {}

local function shown(seconds)
  return units.format("duration", math.floor(seconds * 10 + 0.5) / 10)
end

--- "300/s at 2 s, paused at 3 s, stopped at 4 s of 8 s"; nil where nobody did anything.
---@param changes table|nil list of { at_s, change, of_s = nil: seconds that were planned } since the load's start
---@return string|nil
function M.text(changes)
  local parts = {}
  for i, c in ipairs(changes or {}) do
    parts[i] = ("%s at %s%s"):format(c.change, shown(c.at_s), c.of_s and " of " .. shown(c.of_s) or "")
  end
  return #parts > 0 and table.concat(parts, ", ") or nil
end

--- The same of all loads of a run, or nil.
---@param loads table[]|nil results, or perilune.load/1, each with `changed_by_hand`
---@return string|nil
function M.of_loads(loads)
  local parts = {}
  for _, l in ipairs(loads or {}) do parts[#parts + 1] = M.text(l.changed_by_hand) end
  return #parts > 0 and table.concat(parts, "; ") or nil
end

return M
