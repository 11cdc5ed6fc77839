--- Load models as data: rates and users over time.
---
--- Every constructor gives a table { perilune = "arrivals", law = "even"|"poisson", stages = {{seconds, level, jump}} };
--- a constant rate has one stage without a duration, which takes the scenario's.
local schema = require "perilune.schema"

local M = {}

local STAGE_KEYS = { [1] = true, [2] = true, to = true, at = true }

local function level(kind, value, what)
  if kind == "rate" then return schema.value("rate", value, what) end
  local users = math.tointeger(tonumber(value))
  if not users or users < 0 then
    error({ code = "invalid", message = ("%s: %s is not a number of users"):format(what, schema.show(value)) }, 0)
  end
  return users
end

--- "30s:100/s,1m@500/s" as a list of stages: ':' ramps to the level, '@' jumps to it and holds.
local function written(text)
  local list = {}
  for part in text:gmatch("[^,]+") do
    local duration, sign, to = part:match("^%s*([%w.]+)([:@])([%w./]+)%s*$")
    if not duration then error({ code = "invalid", message = ("stages: %q is no stage; write 30s:100/s,1m@500/s"):format(part) }, 0) end
    list[#list + 1] = sign == ":" and { duration, to = to } or { duration, at = to }
  end
  return list
end

--- Stages of a level: { {"30s", to="100/s"}, {"5m", at="100/s"} }, a bare second value means `to`; or "30s:100/s,5m@100/s".
---@param list table|string
---@return table
function M.stages(list)
  if type(list) == "string" then list = written(list) end
  if type(list) ~= "table" or #list == 0 then
    error({ code = "invalid", message = 'pl.stages: a list such as { {"30s", to="100/s"}, {"5m", at="100/s"} }' }, 0)
  end
  for i, stage in ipairs(list) do
    for key in pairs(stage) do
      if not STAGE_KEYS[key] then
        error({ code = "invalid", message = ("pl.stages: stage %d: unknown key %s (known: to, at)"):format(i, schema.show(key)) }, 0)
      end
    end
    if (stage.at and (stage.to or stage[2])) or not (stage.at or stage.to or stage[2]) then
      error({ code = "invalid", message = ("pl.stages: stage %d: give either `to` (ramp) or `at` (jump and hold)"):format(i) }, 0)
    end
  end
  return { perilune = "stages", list = list }
end

--- Stages in base units: array of {seconds, level, jump}.
---@param value any a rate, a number of users, or pl.stages
---@param kind "rate"|"users"
---@param what string
---@return table stages
---@return number|nil seconds of all stages; nil for a constant level
function M.read(value, kind, what)
  if type(value) ~= "table" then
    return { { 0, level(kind, value, what), true } }, nil
  end
  if value.perilune ~= "stages" then
    error({ code = "invalid", message = what .. ": a constant or pl.stages{...}" }, 0)
  end
  local stages, total = {}, 0
  for i, stage in ipairs(value.list) do
    local where = ("%s: stage %d"):format(what, i)
    local seconds = schema.value("duration", stage[1], where)
    local to = stage.at or stage.to or stage[2]
    stages[i] = { seconds, level(kind, to, where), stage.at ~= nil }
    total = total + seconds
  end
  return stages, total
end

local function arrivals(law)
  return function(rate)
    local stages, seconds = M.read(rate, "rate", "pl." .. law)
    return { perilune = "arrivals", law = law, stages = stages, seconds = seconds }
  end
end

--- Even arrivals: start i comes i/rate after the first.
M.even = arrivals "even"
--- Poisson arrivals: independent users; the seed decides the exact times.
M.poisson = arrivals "poisson"

local function not_yet(name)
  return function()
    error({ code = "unsupported", message = ("pl.%s is not in this version; use pl.even or pl.poisson with pl.stages"):format(name) }, 0)
  end
end
M.bursty, M.trace, M.curve, M.predicted = not_yet "bursty", not_yet "trace", not_yet "curve", not_yet "predicted"

return M
