--- Two loads interleaved A B B A, so that what drifts on the machine meets both alike; compared by rounds.
local effect = require "perilune.effect"
local load = require "perilune.load"
local result = require "perilune.result"
local schema = require "perilune.schema"
local task = require "perilune.task"
local words = require "perilune.words"

local M = {}

local PAUSE_SECONDS = 1.1 -- figures are kept by the second: steps share none

--- What is compared, read from a load's result.
local READ = {
  ["p50(latency)"] = function(r) return r.latency and r.latency.p50 end,
  ["p99(latency)"] = function(r) return r.latency and r.latency.p99 end,
  ["rate(requests)"] = function(r) return r.rate end,
  error_ratio = function(r) return r.error_ratio end,
}

local function values_of(results, read)
  local values = {}
  for i, r in ipairs(results) do values[i] = read(r) end
  return #values == #results and values or nil
end

--- run:ab(base, head, options).
---@param run perilune.Run
---@param base string scenario
---@param head string scenario
---@param options table|nil { rounds = 3 (each is A B B A: two values a side), limit = "5%", duration }
---@return table { comparisons, valid }
function M.run(run, base, head, options)
  local o = schema.check(words.options.ab, options, "ab")
  if o.rounds < 2 then error({ code = "invalid", message = "ab: at least 2 rounds; one cannot see the noise" }, 0) end
  local results, valid = { [base] = {}, [head] = {} }, true
  run:progress { type = "note", text = ("%s and %s in turn: %d loads"):format(base, head, 4 * o.rounds) }
  for round = 1, o.rounds do
    for i, name in ipairs { base, head, head, base } do
      if round > 1 or i > 1 then task.sleep(PAUSE_SECONDS) end
      local r = load.step(run, name, { duration = o.duration })
      table.insert(results[name], r)
      valid = valid and r.valid
    end
  end
  local found = { valid = valid, comparisons = {} }
  for _, metric in ipairs(effect.METRICS) do
    local a, b = values_of(results[base], READ[metric.name]), values_of(results[head], READ[metric.name])
    if a and b then
      local c = effect.values(metric, a, b, o.limit)
      c.against = base
      if not valid and c.verdict ~= "pass" then c.verdict, c.line = "inconclusive", c.line .. "; the generator was limited" end
      found.comparisons[#found.comparisons + 1] = c
      run.comparisons[#run.comparisons + 1] = c
      result.store_finding(run, "comparison", c.verdict == "fail" and "fail" or "info", c.line, c)
    end
  end
  return found
end

return M
