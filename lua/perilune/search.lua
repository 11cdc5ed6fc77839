--- Capacity: the highest rate that meets objectives. The rate doubles until it fails twice, the gap is halved, what was found is
--- confirmed by repeats, and then held; where it does not hold so long, a lower rate is. Each step is a load of its own with an
--- end, so that no queue is handed on.
local arrivals = require "perilune.arrivals"
local clock = require "perilune.core.clock"
local json = require "perilune.core.json"
local load = require "perilune.load"
local result = require "perilune.result"
local schema = require "perilune.schema"
local sla = require "perilune.sla"
local step_verdict = require "perilune.step_verdict"
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
local PARTIAL_SECONDS = 5 -- for what is kept of a search that is being ended
local HOLDS_MAX = 6 -- rates that are held, one below the other
local STEP_STARTS = 20 -- a step with fewer starts says nothing
local LONGER = 12 -- times `step`: how long one lasts at most that has too few samples
local RISE_LONGER = 3 -- the same on the way up, where a step that cannot be judged is passed over

--- The objectives that a step must meet, as rows of perilune.step_verdict.
local function rows_of(run, given)
  local list, texts = {}, {}
  for i, row in ipairs(type(given) == "table" and given or given and { given } or run.objectives) do
    list[i], texts[i] = row, type(row) == "table" and (row.expr or row[1]) or row
  end
  if #list == 0 then error({ code = "invalid", message = 'search: until_fails is missing, for instance "p99(latency) < 50ms"' }, 0) end
  sla.read(texts, "ignore", run.prepared.world) -- names and labels, before anything is sent
  return step_verdict.rows(list), texts
end

--- What the objectives say of a step.
local function judged(s, part)
  return step_verdict.judge(s.rows, function(watch)
    local ok, err = watch:replay(s.run:reader(), s.run.row, { [s.name] = part }, true)
    if not ok then error(err, 0) end
  end)
end

--- How long a step lasts: as long as its objectives take to get their samples, where that is at most so many times `step`; else `step`.
local function length(s, level, kind)
  local most = (kind == "rise" and RISE_LONGER or LONGER) * s.o.step
  local seconds = s.sweep and 0 or step_verdict.seconds(s.rows, level)
  return seconds <= most and math.max(seconds, s.o.step) or s.o.step, seconds <= most
end

--- What limited a step that was sent, besides samples of which there are too few; nil: nothing did.
local function limit_of(s, step, r, told)
  if not r.valid then
    step.why = r.reasons[1]
    return "generator"
  elseif r.stats.ok + r.stats.errors.status == 0 then
    step.silent = true
    return "the target never answered"
  elseif not s.sweep and r.stats.kept_up < 0.99 then
    return r.target.verdict == "failing" and r.target.reasons[1]
      or ("answered %s of %s"):format(units.format("rate", verdict.rate_answered(r.stats)), units.format("rate", r.stats.rate_planned))
  elseif told.verdict == "fail" then
    return told.reason and ("%s: %s"):format(told.expr, told.reason) or told.expr
  end
end

--- Of a step that nothing limits and that has too few samples: that it cannot be told, and how many samples a start gives.
local function leave_open(s, step, told, level, seconds)
  step.unjudged, step.samples, step.why = true, told.samples, ("%s: %s"):format(told.expr, told.reason)
  step.objective = told.expr
  if told.samples > 0 and not s.sweep then told.row.yield = math.min(told.row.yield, told.samples / (level * seconds)) end
end

--- A step as it was measured: { rate, users, achieved, p50, p99, passed, unjudged, limited_by, why, value, kind, at_ms, seconds }.
local function measured(s, level, kind, r, part, seconds)
  local told = judged(s, part)
  local step = {
    kind = kind, rate = not s.sweep and level or nil, users = s.sweep and level or r.stats.users_max, achieved = r.rate, value = told.value,
    p50 = r.latency and r.latency.p50, p99 = r.latency and r.latency.p99, error_ratio = r.error_ratio, at_ms = r.from_ms, seconds = r.duration,
  }
  step.limited_by = limit_of(s, step, r, told)
  if not step.limited_by and told.verdict == "few" then leave_open(s, step, told, level, seconds) end
  step.passed = step.limited_by == nil and not step.unjudged
  return step
end

--- Adds it to the steps, and tells it.
local function keep(s, step)
  s.steps[#s.steps + 1] = step
  result.event(s.run, "search", steps.outcome(step), step.at_ms * 1000000, math.floor(step.seconds * 1e9), nil, step)
  s.run:progress { type = "note", text = steps.line(step) }
  return step
end

--- Sends one step and judges it.
local function send(s, level, kind)
  if #s.steps >= STEPS_MAX then error({ code = "limit", message = ("search: no end after %d steps; give from, to or a larger precision"):format(STEPS_MAX) }, 0) end
  if #s.steps > 0 then task.sleep(PAUSE_SECONDS) end
  local seconds = length(s, level, kind)
  local o = { duration = seconds + s.o.warmup, warmup = s.o.warmup, grace = GRACE_SECONDS }
  if s.sweep then o.users = level else o.arrivals = arrivals.poisson(level) end
  local r, part = load.step(s.run, s.name, o)
  assert(writer.sync())
  return keep(s, measured(s, level, kind, r, part, seconds))
end

--- Sends a step, and once more when it fails: what a moment's disturbance does once, of the machine or of the target, limits neither. One that
--- has too few samples is sent again where it may last long enough.
local function settle(s, rate, kind)
  local step = send(s, rate, kind)
  if step.passed or step.silent then return step end
  local _, enough = length(s, rate, kind)
  if step.unjudged and not enough then return step end
  return send(s, rate, kind)
end

--- Doubles from the lowest rate until a step fails, or nothing can tell; gives the last good rate (nil: none was) and the first bad one. A rate with
--- too few samples is neither: higher ones have more.
local function rise(s)
  local rate, good = s.o.from, nil
  while true do
    local step = settle(s, rate, "rise")
    if step.unjudged and rate >= s.o.to then step = settle(s, rate, "last") end
    local passed_over = step.unjudged and step.samples > 0 and rate < s.o.to
    if not step.passed and not passed_over then return good, rate, step end
    if step.passed then good = rate end
    if rate >= s.o.to then return good, nil, nil end
    rate = math.min(rate * 2, s.o.to)
  end
end

--- Below the first rate: halves until a step holds, or cannot be judged: lower ones have fewer samples.
local function sink(s, bad)
  while bad / 2 * s.o.step >= STEP_STARTS do
    local step = settle(s, bad / 2, "sink")
    if step.passed then return bad / 2, bad end
    if step.unjudged then return nil, bad, step end
    bad = bad / 2
  end
  return nil, bad
end

--- Whether a step tells neither that a rate holds nor that it does not.
local function is_open(step) return step.unjudged or step.limited_by == "generator" end

local function bisect(s, lo, hi, last)
  while (hi - lo) / lo > s.o.precision do
    local step = settle(s, (lo + hi) / 2, "bisect")
    if step.passed then lo = step.rate else hi, last = step.rate, step end
    if is_open(step) then break end
  end
  return lo, hi, last
end

--- Repeats what was found; a repeat that fails lowers it, by twice the precision and then more, and is the new upper end. A third value: the
--- repeat that could not be judged.
local function confirm(s, lo, hi)
  local good, down = 0, 2 * s.o.precision
  while good < s.o.confirm do
    local step = settle(s, lo, "confirm")
    if step.passed then
      good = good + 1
    elseif step.unjudged then
      return nil, hi, step
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

--- A step ended it that tells nothing: the generator was the limit, or samples were too few. What surely held before is a lower bound.
local function undecided(s, step)
  local found
  if step.unjudged then
    local longest = units.format("duration", LONGER * s.o.step)
    found = unknown(s, ("it cannot be told whether %s meet %s: a step lasts %s at most, and longer ones would tell"):format(steps.level(step), step.why, longest), "too few samples")
    if step.samples == 0 then found.why = ("it cannot be told whether %s meet %s"):format(steps.level(step), step.why) end
  else
    found = unknown(s, "the generator was the limit at " .. steps.level(step), "generator")
  end
  for _, held in ipairs(s.steps) do
    if held.passed then found.lo = math.max(found.lo or 0, held.rate) end
  end
  return found
end

--- The search proper: { known, rate, lo, hi, limited_by, steps }; lo of what is not known: at least that.
local function find(s)
  local lo, hi, last = rise(s)
  local open
  if not hi then
    return { known = true, rate = lo, lo = lo, steps = s.steps, limited_by = ("%s is the highest rate that it may try (to)"):format(units.format("rate", s.o.to)) }
  end
  if is_open(last) then return undecided(s, last) end
  if last.silent then
    local found = unknown(s, last.limited_by, last.limited_by)
    found.silent = true
    return found
  end
  if not lo then lo, hi, open = sink(s, hi) end
  if open then return undecided(s, open) end
  if not lo then return unknown(s, ("it fails at %s already: %s"):format(units.format("rate", hi), last.limited_by), last.limited_by) end
  lo, hi, last = bisect(s, lo, hi, last)
  if is_open(last) then return undecided(s, last) end
  lo, hi, open = confirm(s, lo, hi)
  if open then return undecided(s, open) end
  if not lo then return unknown(s, "no rate held when it was repeated", last.limited_by) end
  return { known = true, rate = lo, lo = lo, hi = hi, limited_by = last.limited_by, steps = s.steps }
end

--- Whether a step says that its rate does not hold: neither the generator nor a want of samples, but the objectives or what was answered.
local function fails(step) return not step.passed and not is_open(step) and not step.silent end

--- Holds what was found. A rate that does not hold so long, which shorter steps may not show, is the new upper end, and a lower one is held: by twice
--- the precision and then more, as a repeat that fails lowers it.
local function hold(s, found)
  local down = 2 * s.o.precision
  for _ = 1, HOLDS_MAX do
    task.sleep(PAUSE_SECONDS)
    local seconds = math.max(s.o.hold, (length(s, found.rate, "hold"))) -- so that it can be judged, too
    local failed
    load.hold(s.run, s.name, { arrivals = arrivals.poisson(found.rate), duration = seconds + s.o.warmup, warmup = s.o.warmup }, function(r, part)
      local step = measured(s, found.rate, "hold", r, part, seconds)
      failed = fails(step) and step or nil
      return not failed
    end)
    if not failed then return found end
    keep(s, failed)
    found.hi, found.limited_by = found.rate, failed.limited_by
    found.rate = found.rate * (1 - down)
    found.lo, down = found.rate, down * 1.5
    if found.rate * s.o.step < STEP_STARTS then break end
  end
  return unknown(s, ("no rate held for %s"):format(units.format("duration", s.o.hold)), found.limited_by)
end

--- Raises unless users is a list of numbers of them.
local function check_users(users)
  local good = #users > 0
  for _, n in ipairs(users) do good = good and math.type(n) == "integer" and n >= 1 end
  if not good then error({ code = "invalid", message = "search: users is a list of whole numbers from 1 on" }, 0) end
end

--- A sweep over numbers of users in a closed loop: for fits of scalability.
local function sweep(s)
  for _, users in ipairs(s.o.users) do send(s, users, "sweep") end
  local best = s.steps[1]
  for _, step in ipairs(s.steps) do
    if step.achieved > best.achieved then best = step end
  end
  return { known = true, rate = best.achieved, users = best.users, steps = s.steps }
end

--- Finds, and holds what was found.
local function seek(s)
  if s.sweep then return sweep(s) end
  local found = find(s)
  return found.known and s.o.hold > 0 and hold(s, found) or found
end

--- Keeps what came of a search.
local function record(s, found, texts)
  local run = s.run
  found.name, found.replicas, found.objectives, found.at_ns = s.name, s.o.replicas, texts, clock.wall()
  run.searches = run.searches or {}
  run.searches[#run.searches + 1] = found
  result.store_finding(run, "capacity", "info", steps.found(found), { name = s.name, rate = found.rate or json.null, lo = found.lo or json.null, hi = found.hi or json.null,
    limited_by = found.limited_by or json.null, steps = found.steps })
  return found
end

--- run:search(name, options). The steps of a run that ends before its search are kept, too.
---@param run perilune.Run
---@param name string of a scenario
---@param options table|nil
---@return table { known, rate, lo, hi, limited_by, steps, replicas, why }
function M.run(run, name, options)
  local o = schema.check(words.options.search, options, "search")
  if o.from <= 0 or o.to < o.from then error({ code = "invalid", message = "search: from is a rate above 0, and to is not below it" }, 0) end
  if o.step <= 0 or o.precision <= 0 then error({ code = "invalid", message = "search: step and precision are more than 0" }, 0) end
  if o.users then check_users(o.users) end
  local s = { run = run, name = name, o = o, sweep = o.users, steps = {}, rows = {} }
  local texts = {}
  if not s.sweep then s.rows, texts = rows_of(run, o.until_fails) end
  run:progress { type = "search_begin", name = name }
  local ok, found = pcall(seek, s)
  if not ok then
    if s.steps[1] then task.shield(PARTIAL_SECONDS, record, s, unknown(s, ("it ended after %d steps"):format(#s.steps)), texts) end
    error(found, 0)
  end
  return record(s, found, texts)
end

return M
