--- Steps of a capacity search, for people.
local units = require "perilune.core.units"

local M = {}

--- "200/s", "16 users".
---@param step table
---@return string
function M.level(step)
  return step.rate and units.format("rate", step.rate) or M.users(step.users)
end

--- "1 user", "16 users".
---@param n integer
---@return string
function M.users(n) return ("%d user%s"):format(n, n == 1 and "" or "s") end

--- One step for people.
---@param step table
---@return string
function M.line(step)
  return ("  %s %-12s %-10s p50 %-10s p99 %-10s %s"):format(step.passed and "✓" or "✗", M.level(step), units.format("rate", step.achieved),
    step.p50 and units.format("duration", step.p50) or "-", step.p99 and units.format("duration", step.p99) or "-",
    step.limited_by == "generator" and "the generator was the limit: " .. tostring(step.why) or step.limited_by
      or step.unjudged and "nothing fails; too few samples to judge all" or "")
end

--- Why no capacity is known; with what is known of it.
---@param found table that is not known
---@return string
function M.unknown(found)
  if found.lo then return ("at least %s; %s"):format(units.format("rate", found.lo), found.why) end
  return "no capacity known: " .. found.why
end

--- What was found, for people.
---@param found table
---@return string
function M.found(found)
  if not found.known then return ("%s: %s"):format(found.name, M.unknown(found)) end
  local rate = units.format("rate", found.rate)
  if found.users then return ("%s: at most %s, with %s"):format(found.name, rate, M.users(found.users)) end
  local few = found.unjudged and ("; too few samples at %s to judge all: longer steps would tell"):format(rate) or ""
  if not found.hi then return ("%s: at least %s; %s%s"):format(found.name, rate, found.limited_by, few) end
  return ("%s: %s meet %s; %s do not%s"):format(found.name, rate, table.concat(found.objectives, " and "), units.format("rate", found.hi), few)
end

return M
