--- Two loads interleaved A B B A, so that what drifts on the machine meets both alike; compared by rounds.
local effect = require "perilune.effect"
local load = require "perilune.load"
local result = require "perilune.result"
local schema = require "perilune.schema"
local sides = require "perilune.sides"
local task = require "perilune.task"
local words = require "perilune.words"

local M = {}

local PAUSE_SECONDS = 1.1 -- figures are kept by the second: steps share none
local PARTIAL_SECONDS = 5 -- for the comparison of a run that is being ended

--- A result as comparisons read it.
local function as_load(r)
  local stats, names = r.stats or {}, {}
  for i, row in ipairs(r.rows or {}) do names[i] = { name = row.name, p50 = row.latency.p50, p95 = row.latency.p95, p99 = row.latency.p99 } end
  return { latency_s = r.latency or {}, rate_per_s = { achieved = r.rate }, requests = { total = stats.requests, failed = stats.failed }, names = #names > 1 and names or nil }
end

local function loads_of(results)
  local list = {}
  for i, r in ipairs(results) do list[i] = as_load(r) end
  return list
end

--- Sends the rounds; results fill as they come, so that those of a run which ends early are there. A base and the head beside it draw the same arrivals:
--- their rates differ by what answers, not by chance.
local function send(run, base, head, o, sent)
  local drawn = run.steps or 0
  for round = 1, o.rounds do
    for i, name in ipairs { base, head, head, base } do
      if round > 1 or i > 1 then task.sleep(PAUSE_SECONDS) end
      local r = load.step(run, name, { duration = o.duration }, drawn + 2 * round - (i <= 2 and 1 or 0))
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
  local a, b = loads_of(sent[base]), loads_of(sent[head])
  run.sides = run.sides or {}
  run.sides[base] = { sides.of(base, sent[base]), sides.of(head, sent[head]) }
  for _, metric in ipairs(b[1] and effect.metrics_of(b[1]) or {}) do table.insert(found.comparisons, effect.loads(metric, a, b, limit)) end
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
  load.check_names(run, { base, head })
  local sent = { [base] = {}, [head] = {}, valid = true, n = 0 }
  run:progress { type = "note", text = ("%s and %s in turn: %d loads"):format(base, head, 4 * o.rounds) }
  run.in_turn = true -- for who looks on: each load bears the name of its side
  local ok, err = pcall(send, run, base, head, o, sent)
  run.in_turn = nil
  if not ok then
    local doubt = ("ended after %d of %d loads"):format(sent.n, 4 * o.rounds)
    if sent.n >= 4 then task.shield(PARTIAL_SECONDS, compare, run, base, head, sent, o.limit, doubt) end
    error(err, 0)
  end
  return compare(run, base, head, sent, o.limit)
end

return M
