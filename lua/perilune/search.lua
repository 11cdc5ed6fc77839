--- Capacity: the highest rate that meets objectives. The rate doubles until it fails twice, the gap is halved, what was found is
--- confirmed by repeats, and then held. Each step is a load of its own with an end, so that no queue is handed on.
local arrivals = require "perilune.arrivals"
local clock = require "perilune.core.clock"
local json = require "perilune.core.json"
local load = require "perilune.load"
local query = require "perilune.core.query"
local result = require "perilune.result"
local schema = require "perilune.schema"
local sla = require "perilune.sla"
local steps = require "perilune.steps"
local task = require "perilune.task"
local units = require "perilune.core.units"
local verdict = require "perilune.verdict"
local words = require "perilune.words"
local writer = require "perilune.core.writer"

local M = {}

local PAUSE_SECONDS = 1.1 -- figures are kept by the second: steps share none
local STEPS_MAX = 60
local GRACE_SECONDS = 5
local STEP_STARTS = 20 -- a step with fewer starts says nothing

--- The objectives that a step must meet, as texts.
local function rows_of(run, given)
  local list = {}
  for _, row in ipairs(type(given) == "table" and given or given and { given } or run.objectives) do
    list[#list + 1] = type(row) == "table" and (row.expr or row[1]) or row
  end
  if #list == 0 then error({ code = "invalid", message = 'search: until_fails is missing, for instance "p99(latency) < 50ms"' }, 0) end
  sla.read(list, "ignore", run.prepared.world) -- names and labels, before anything is sent
  return list
end

--- What an objective says of a step.
local function judged(s, expr, part)
  local watch = assert(query.watch(expr, {}))
  local ok, err = watch:replay(s.run:reader(), s.run.row, { [s.name] = part }, true)
  if not ok then error(err, 0) end
  return watch:result()
end

--- Whether a step breaks an objective. Few samples may not show that a p99 holds, but a median beyond the same limit shows that it does not.
local function breaks(s, r, expr, part)
  local quantile = tonumber(expr:match "^%s*p([%d.]+)%s*%(")
  if r.verdict ~= "inconclusive" or not quantile or quantile <= 50 or query.parse(expr).compare:sub(1, 1) ~= "<" then return r.verdict == "fail" end
  return judged(s, expr:gsub("p[%d.]+", "p50", 1), part).verdict == "fail"
end

--- The first objective that a step breaks, with its value; or nil, the value of the first objective, and whether one could not be judged.
local function broken(s, part)
  local first, unjudged = nil, nil
  for _, expr in ipairs(s.rows) do
    local r = judged(s, expr, part)
    first, unjudged = first or r.value, unjudged or r.verdict == "inconclusive" or nil
    if breaks(s, r, expr, part) then return expr, r.value, r.limit end
  end
  return nil, first, unjudged
end

--- Sends one step and judges it: { rate, users, achieved, kept_up, p50, p99, passed, limited_by, value, kind, at, seconds }.
local function send(s, level, kind, seconds)
  if #s.steps >= STEPS_MAX then error({ code = "limit", message = ("search: no end after %d steps; give from, to or a larger precision"):format(STEPS_MAX) }, 0) end
  if #s.steps > 0 then task.sleep(PAUSE_SECONDS) end
  local o = { duration = seconds + s.o.warmup, warmup = s.o.warmup, grace = GRACE_SECONDS }
  if s.sweep then o.users = level else o.arrivals = arrivals.poisson(level) end
  local r, part = load.step(s.run, s.name, o)
  assert(writer.sync())
  local expr, value, unjudged = broken(s, part)
  local step = {
    kind = kind, rate = not s.sweep and level or nil, users = s.sweep and level or r.stats.users_max, achieved = r.rate, value = value,
    p50 = r.latency and r.latency.p50, p99 = r.latency and r.latency.p99, error_ratio = r.error_ratio, at_ms = r.from_ms, seconds = r.duration,
  }
  if not r.valid then
    step.limited_by = "generator"
    step.why = r.reasons[1]
  elseif r.stats.ok + r.stats.errors.status == 0 then
    step.limited_by, step.silent = "the target never answered", true
  elseif not s.sweep and r.stats.kept_up < 0.99 then
    local due = r.stats.rate_planned
    step.limited_by = r.target.verdict == "failing" and r.target.reasons[1]
      or ("answered %s of %s"):format(units.format("rate", r.stats.kept_up * due), units.format("rate", due))
  else
    step.limited_by = expr
  end
  step.passed = step.limited_by == nil
  step.unjudged = step.passed and unjudged or nil
  s.steps[#s.steps + 1] = step
  result.event(s.run, "search", ("%s %s"):format(step.passed and "holds" or "fails", steps.level(step)), step.at_ms * 1000000, math.floor(step.seconds * 1e9), nil, step)
  s.run:progress { type = "note", text = steps.line(step) }
  return step
end

--- Sends a step, and once more when it fails: what a moment's disturbance does once, of the machine or of the target, limits neither.
local function settle(s, rate, kind)
  local step = send(s, rate, kind, s.o.step)
  if step.passed or step.silent then return step end
  return send(s, rate, kind, s.o.step)
end

--- Doubles from the lowest rate until a step fails; gives the last good rate (nil: none was) and the first bad one.
local function rise(s)
  local rate, good = s.o.from, nil
  while true do
    local step = settle(s, rate, "rise")
    if not step.passed then return good, rate, step end
    good = rate
    if rate >= s.o.to then return good, nil, nil end
    rate = math.min(rate * 2, s.o.to)
  end
end

--- Below the first rate: halves until a step holds.
local function sink(s, bad)
  while bad / 2 * s.o.step >= STEP_STARTS do
    if settle(s, bad / 2, "sink").passed then return bad / 2, bad end
    bad = bad / 2
  end
  return nil, bad
end

local function bisect(s, lo, hi, last)
  while (hi - lo) / lo > s.o.precision do
    local step = settle(s, (lo + hi) / 2, "bisect")
    if step.passed then lo = step.rate else hi, last = step.rate, step end
    if step.limited_by == "generator" then break end
  end
  return lo, hi, last
end

--- Repeats what was found; a repeat that fails lowers it, by twice the precision and then more, and is the new upper end.
local function confirm(s, lo, hi)
  local good, down = 0, 2 * s.o.precision
  while good < s.o.confirm do
    local step = settle(s, lo, "confirm")
    if step.passed then
      good = good + 1
    else
      hi, lo, good, down = lo, lo * (1 - down), 0, down * 1.5
      if lo * s.o.step < STEP_STARTS then return nil, hi end
    end
  end
  return lo, hi
end

local function unknown(s, why, by)
  return { known = false, why = why, limited_by = by, steps = s.steps }
end

--- The generator ended it at a step, which tells why; what surely held before is a lower bound: that nothing was seen to fail is none.
local function generator_limited(s, step)
  local found = unknown(s, "the generator was the limit at " .. steps.level(step), "generator")
  for _, held in ipairs(s.steps) do
    if held.passed and not held.unjudged then found.lo = math.max(found.lo or 0, held.rate) end
  end
  return found
end

--- The search proper: { known, rate, lo, hi, limited_by, steps }; lo of what is not known: at least that.
local function find(s)
  local lo, hi, last = rise(s)
  if not hi then
    return { known = true, rate = lo, lo = lo, steps = s.steps, unjudged = s.steps[#s.steps].unjudged, limited_by = ("nothing up to %s"):format(units.format("rate", s.o.to)) }
  end
  if last.limited_by == "generator" then return generator_limited(s, last) end
  if last.silent then
    local found = unknown(s, last.limited_by, last.limited_by)
    found.silent = true
    return found
  end
  if not lo then lo, hi = sink(s, hi) end
  if not lo then return unknown(s, ("it fails at %s already: %s"):format(units.format("rate", hi), last.limited_by), last.limited_by) end
  lo, hi, last = bisect(s, lo, hi, last)
  if last.limited_by == "generator" then return generator_limited(s, last) end
  lo, hi = confirm(s, lo, hi)
  if not lo then return unknown(s, "no rate held when it was repeated", last.limited_by) end
  return { known = true, rate = lo, lo = lo, hi = hi, limited_by = last.limited_by, steps = s.steps, unjudged = s.steps[#s.steps].unjudged }
end

--- Raises unless users is a list of numbers of them.
local function check_users(users)
  local good = #users > 0
  for _, n in ipairs(users) do good = good and math.type(n) == "integer" and n >= 1 end
  if not good then error({ code = "invalid", message = "search: users is a list of whole numbers from 1 on" }, 0) end
end

--- A sweep over numbers of users in a closed loop: for fits of scalability.
local function sweep(s)
  for _, users in ipairs(s.o.users) do send(s, users, "sweep", s.o.step) end
  local best = s.steps[1]
  for _, step in ipairs(s.steps) do
    if step.achieved > best.achieved then best = step end
  end
  return { known = true, rate = best.achieved, users = best.users, steps = s.steps }
end

--- run:search(name, options).
---@param run perilune.Run
---@param name string of a scenario
---@param options table|nil
---@return table { known, rate, lo, hi, limited_by, steps, replicas, why }
function M.run(run, name, options)
  local o = schema.check(words.options.search, options, "search")
  if o.from <= 0 or o.to < o.from then error({ code = "invalid", message = "search: from is a rate above 0, and to is not below it" }, 0) end
  if o.step <= 0 or o.precision <= 0 then error({ code = "invalid", message = "search: step and precision are more than 0" }, 0) end
  if o.users then check_users(o.users) end
  local s = { run = run, name = name, o = o, sweep = o.users, steps = {}, rows = o.users and {} or rows_of(run, o.until_fails) }
  run:progress { type = "search_begin", name = name }
  local found = s.sweep and sweep(s) or find(s)
  found.name, found.replicas, found.objectives, found.at_ns = name, o.replicas, s.rows, clock.wall()
  if found.known and not s.sweep and o.hold > 0 then
    task.sleep(PAUSE_SECONDS)
    load.run(run, name, { arrivals = arrivals.poisson(found.rate), duration = o.hold + o.warmup, warmup = o.warmup })
  end
  run.searches = run.searches or {}
  run.searches[#run.searches + 1] = found
  result.store_finding(run, "capacity", "info", steps.found(found), { name = name, rate = found.rate or json.null, lo = found.lo or json.null, hi = found.hi or json.null,
    limited_by = found.limited_by or json.null, steps = found.steps })
  return found
end

return M
