--- What became of a file's rows, as people read it.
local units = require "perilune.core.units"

local M = {}

-- The option with which such rows are taken after all, by the reason of their refusal.
local WAYS = { timestamp = "at gives samples without a time one: --at now", name = "metric names values without a name: --metric NAME" }

--- "line 7: there is no valid value", the first ones.
---@param facts table
---@return string[]
function M.lines(facts)
  local lines = {}
  for i, e in ipairs(facts.examples) do lines[i] = ("line %d: %s"):format(e.line, e.text) end
  if facts.refused > #lines then lines[#lines + 1] = ("and %s more"):format(units.format("number", facts.refused - #lines)) end
  return lines
end

--- "line 2: there is no valid name, and 11 more like it", each reason once, by its first line.
---@param facts table with reasons
---@return string
function M.reasons(facts)
  local parts, seen, told = {}, {}, 0
  for _, e in ipairs(facts.examples) do
    if not seen[e.reason] then
      local n = facts.reasons[e.reason]
      seen[e.reason], told = true, told + n
      parts[#parts + 1] = ("line %d: %s%s"):format(e.line, e.text, n > 1 and (", and %s more like it"):format(units.format("number", n - 1)) or "")
      if WAYS[e.reason] then parts[#parts] = ("%s (%s)"):format(parts[#parts], WAYS[e.reason]) end
    end
  end
  if facts.refused > told then parts[#parts + 1] = ("and %s for other reasons"):format(units.format("number", facts.refused - told)) end
  return table.concat(parts, "; ")
end

--- What rows came from: a file's name, "standard input".
---@param path string
---@return string
function M.source(path) return path == "-" and "standard input" or path end

--- "1,200 rows of 3 series from x.csv, 2 refused (value 1, timestamp 1)"
---@param facts table
---@return string
function M.text(facts)
  local reasons = {}
  for name, n in pairs(facts.reasons) do reasons[#reasons + 1] = ("%s %s"):format(name, units.format("number", n)) end
  table.sort(reasons)
  local refused = facts.refused == 0 and "none refused" or ("%s refused (%s)"):format(units.format("number", facts.refused), table.concat(reasons, ", "))
  local replaced = facts.replaced > 0 and (" (%s replaced by the next one, of the same time)"):format(units.format("number", facts.replaced)) or ""
  return ("%s rows%s of %s series from %s, %s"):format(units.format("number", facts.taken), replaced, units.format("number", facts.series), M.source(facts.path), refused)
end

--- What an import says of itself: that a file has no rows, where it has none.
---@param facts table
---@return string
function M.note(facts)
  if facts.taken == 0 and facts.refused == 0 then return ("%s has no rows: nothing is imported"):format(M.source(facts.path)) end
  return "imported " .. M.text(facts)
end

return M
