--- Laws of think time: what user:think takes besides a duration. Each draw comes from the user's own seeded stream.
local schema = require "perilune.schema"

local M = {}

local function seconds(value, what) return schema.value("duration", value, what) end

--- Uniform between two durations.
---@param lo string|number
---@param hi string|number
---@return table
function M.uniform(lo, hi)
  local a, b = seconds(lo, "pl.uniform"), seconds(hi, "pl.uniform")
  if b < a then error({ code = "invalid", message = "pl.uniform: the second duration is shorter than the first" }, 0) end
  return { perilune = "law", law = "uniform", a = a, b = b }
end

--- Exponential with this mean.
---@param mean string|number
---@return table
function M.exponential(mean) return { perilune = "law", law = "exponential", a = seconds(mean, "pl.exponential"), b = 0 } end

local LOGNORMAL = { median = { "duration", required = true }, sigma = { "number", required = true } }

--- Log-normal: half of the draws lie below the median; sigma is the standard deviation of their logarithm.
---@param options table { median = "2s", sigma = 0.5 }
---@return table
function M.lognormal(options)
  local o = schema.check(LOGNORMAL, options, "pl.lognormal")
  if not (o.median > 0 and o.sigma >= 0) then error({ code = "invalid", message = "pl.lognormal: median is longer than 0, sigma at least 0" }, 0) end
  return { perilune = "law", law = "lognormal", a = math.log(o.median), b = o.sigma }
end

--- Empirical: each draw is one of the durations of a list, all equally likely.
---@param list table
---@return table
function M.empirical(list)
  local values = {}
  for i, v in ipairs(list) do values[i] = seconds(v, ("pl.empirical: value %d"):format(i)) end
  if #values == 0 then error({ code = "invalid", message = "pl.empirical: a list of durations" }, 0) end
  return { perilune = "law", law = "empirical", a = 0, b = 0, values = values }
end

return M
