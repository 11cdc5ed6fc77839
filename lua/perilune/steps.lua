--- Steps of a capacity search, for people.
local lines = require "perilune.lines"
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

--- The sign of a step: of one that tells nothing, for the generator was the limit or samples are too few, the one of what is inconclusive.
---@param step table
---@return "✓"|"✗"|"?"
function M.sign(step)
  if step.passed then return "✓" end
  return (step.unjudged or step.limited_by == "generator") and "?" or "✗"
end

local OUTCOME = { ["✓"] = "holds", ["✗"] = "fails", ["?"] = "cannot be told" }

--- "holds 200/s", "fails 400/s", "cannot be told 20/s".
---@param step table
---@return string
function M.outcome(step) return ("%s %s"):format(OUTCOME[M.sign(step)], M.level(step)) end

--- What limited a step, or why nothing can be told; "" of one that holds.
---@param step table
---@return string
function M.remark(step)
  if step.limited_by == "generator" then return "the generator was the limit: " .. tostring(step.why) end
  return step.limited_by or step.unjudged and tostring(step.why) or ""
end

local COLUMNS = 80

--- One step for people, folded: it is shown where no terminal folds it, too.
---@param step table
---@return string
function M.line(step)
  local line = ("  %s %-12s %-10s p50 %-10s p99 %-10s %s"):format(M.sign(step), M.level(step), units.format("rate", step.achieved),
    step.p50 and units.format("duration", step.p50) or "-", step.p99 and units.format("duration", step.p99) or "-", M.remark(step))
  return lines.wrap(line:gsub("%s+$", ""), COLUMNS, "      ")
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
  local met = table.concat(found.objectives or {}, " and ")
  if not found.hi then return ("%s: at least %s meet %s; %s"):format(found.name, rate, met, found.limited_by) end
  return ("%s: %s meet %s; %s do not"):format(found.name, rate, met, units.format("rate", found.hi))
end

local function number(v) return type(v) == "number" and v or nil end

--- What was found as perilune.run/1 has it, for people: with null for what is not known.
---@param found table
---@return string
function M.stored(found)
  local by_users = number(found.users)
  return M.found { name = found.name, known = found.known, why = found.why, rate = found.rate_per_s, lo = number(found.lo), hi = number(found.hi), limited_by = found.limited_by,
    objectives = found.objectives, users = by_users }
end

return M
