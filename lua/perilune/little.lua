--- Little's law over a scenario of a load that has ended: as many users as there were must have been inside iterations for as long as iterations
--- took, L = X W. What breaks it was counted or timed wrongly.
local core = require "perilune.core.capacity"
local units = require "perilune.core.units"

local M = {}

local TOLERANCE = 0.1 -- of the larger side; the histogram's third digit and a second's rounding are far below

local function unknown(why) return { known = false, why = why } end

--- The users that a closed scenario has all the time, or nil and why it has none such.
local function constant_users(plan)
  if plan.model ~= "closed" then return nil, "users end when their iterations are done" end
  if plan.pace and plan.pace > 0 then return nil, "a pace holds users back" end
  if (plan.offset or 0) > 0 then return nil, "it begins later than the load" end
  local stage = plan.stages[1]
  if #plan.stages ~= 1 or not stage[3] or stage[2] <= 0 then return nil, "the number of users varies" end
  return stage[2]
end

--- The check. Both ends of a load cut iterations: a share of an iteration's time of the duration is allowed for them.
---@param plan table { model, pace, offset, stages: { seconds, level, jumps } each }
---@param s table figures of the scenario: { users_max, duration }
---@param iterations table { count, mean } seconds, from the intended start
---@param lag table|nil { mean } how late they began
---@return table { known, why, holds, measured, expected, off, line }
function M.check(plan, s, iterations, lag)
  if iterations.count < 100 or not (s.duration > 0) then return unknown "fewer than 100 iterations" end
  local rate, mean = iterations.count / s.duration, iterations.mean
  local tolerance = TOLERANCE + mean / s.duration
  local open = plan.model == "open"
  local users, why = s.users_max, nil -- of an open loop only the most at a time are known
  if not open then users, why = constant_users(plan) end
  if not users then return unknown(why) end
  local inside = open and math.max(0, mean - (lag and lag.mean or 0)) or mean
  local c = core.little(users, rate, inside, tolerance)
  c.measured = users
  if open then c.holds = c.expected <= users * (1 + tolerance) end
  if not c.holds then
    c.line = ("Little's law does not hold: %s iterations/s of %s each keep %s users busy, %s"):format(units.format("number", rate), units.format("duration", inside),
      units.format("number", c.expected), (open and "but there were at most %s at a time" or "but there were %s: some ended early or waited outside of iterations, or a figure is wrong"):format(units.format("number", users)))
  end
  return c
end

return M
