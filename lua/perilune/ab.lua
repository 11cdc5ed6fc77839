--- Two loads interleaved A B B A, so that what drifts on the machine meets both alike; compared by rounds.
local effect = require "perilune.effect"
local load = require "perilune.load"
local result = require "perilune.result"
local schema = require "perilune.schema"
local task = require "perilune.task"
local words = require "perilune.words"

local M = {}

local PAUSE_SECONDS = 1.1 -- figures are kept by the second: steps share none
local PARTIAL_SECONDS = 5 -- for the comparison of a run that is being ended

--- What is compared, read from a load's result.
local READ = {
  ["p50(latency)"] = function(r) return r.latency and r.latency.p50 end,
  ["p95(latency)"] = function(r) return r.latency and r.latency.p95 end,
  ["p99(latency)"] = function(r) return r.latency and r.latency.p99 end,
  ["rate(requests)"] = function(r) return r.rate end,
  error_ratio = function(r) return r.error_ratio end,
}

local function values_of(results, read)
  local values = {}
  for i, r in ipairs(results) do values[i] = read(r) end
  return #values == #results and values or nil
end

--- Sends the rounds; results fill as they come, so that those of a run which ends early are there.
local function send(run, base, head, o, sent)
  for round = 1, o.rounds do
    for i, name in ipairs { base, head, head, base } do
      if round > 1 or i > 1 then task.sleep(PAUSE_SECONDS) end
      local r = load.step(run, name, { duration = o.duration })
      if name == head then run.url = r.target and r.target.url or run.url end
      table.insert(sent[name], r)
      sent.valid, sent.n = sent.valid and r.valid, sent.n + 1
    end
  end
end

--- Compares what was sent; doubt: why nothing of it is settled.
local function compare(run, base, head, sent, limit, doubt)
  local found = { valid = sent.valid and not doubt, comparisons = {} }
  doubt = doubt or (not sent.valid and "the generator was limited") or nil
  for _, metric in ipairs(effect.METRICS) do
    local a, b = values_of(sent[base], READ[metric.name]), values_of(sent[head], READ[metric.name])
    if a and b then table.insert(found.comparisons, effect.values(metric, a, b, limit)) end
  end
  for _, c in ipairs(effect.gate(found.comparisons)) do
    c.against = base
    if doubt and c.verdict ~= "pass" then
      c.verdict, c.more = "inconclusive", nil
      c.line = effect.line(c) .. "; " .. doubt
    end
    run.comparisons[#run.comparisons + 1] = c
    result.store_finding(run, "comparison", c.verdict == "fail" and "fail" or "info", c.line, c)
  end
  return found
end

--- run:ab(base, head, options). What was sent of a run that ends before its last round is compared, too.
---@param run perilune.Run
---@param base string scenario
---@param head string scenario
---@param options table|nil { rounds = 3 (each is A B B A: two values a side), limit = "5%", duration }
---@return table { comparisons, valid }
function M.run(run, base, head, options)
  local o = schema.check(words.options.ab, options, "ab")
  if o.rounds < 2 then error({ code = "invalid", message = "ab: at least 2 rounds; one cannot see the noise" }, 0) end
  if base == head then error({ code = "invalid", message = ("ab: base and head are both %q; name two scenarios"):format(base) }, 0) end
  local sent = { [base] = {}, [head] = {}, valid = true, n = 0 }
  run:progress { type = "note", text = ("%s and %s in turn: %d loads"):format(base, head, 4 * o.rounds) }
  local ok, err = pcall(send, run, base, head, o, sent)
  if not ok then
    local doubt = ("ended after %d of %d loads"):format(sent.n, 4 * o.rounds)
    if sent.n >= 4 then task.shield(PARTIAL_SECONDS, compare, run, base, head, sent, o.limit, doubt) end
    error(err, 0)
  end
  return compare(run, base, head, sent, o.limit)
end

return M
