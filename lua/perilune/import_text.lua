--- What became of a file's rows, as people read it.
local units = require "perilune.core.units"

local M = {}

--- "line 7: there is no valid value", the first ones.
---@param facts table
---@return string[]
function M.lines(facts)
  local lines = {}
  for i, e in ipairs(facts.examples) do lines[i] = ("line %d: %s"):format(e.line, e.text) end
  if facts.refused > #lines then lines[#lines + 1] = ("and %s more"):format(units.format("number", facts.refused - #lines)) end
  return lines
end

--- "1,200 rows of 3 series from x.csv, 2 refused (value 1, timestamp 1)"
---@param facts table
---@return string
function M.text(facts)
  local reasons = {}
  for name, n in pairs(facts.reasons) do reasons[#reasons + 1] = ("%s %s"):format(name, units.format("number", n)) end
  table.sort(reasons)
  local refused = facts.refused == 0 and "none refused" or ("%s refused (%s)"):format(units.format("number", facts.refused), table.concat(reasons, ", "))
  return ("%s rows of %s series from %s, %s"):format(units.format("number", facts.taken), units.format("number", facts.series), facts.path, refused)
end

return M
