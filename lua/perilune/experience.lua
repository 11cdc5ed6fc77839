--- run:experience: what users met. Apdex of a distribution, the error budget of an objective with its burn rates, a report of that objective over any
--- period of the timeline, and the share of the users that met trouble.
local clock = require "perilune.core.clock"
local core = require "perilune.core.experience"
local database = require "perilune.database"
local grid = require "perilune.grid"
local moment = require "perilune.moment"
local percent = require "perilune.lines".share
local schema = require "perilune.schema"
local units = require "perilune.core.units"
local words = require "perilune.words"
local writer = require "perilune.core.writer"

local M = {}

local OF_REQUESTS = { load_latency_seconds = true, load_service_seconds = true } -- distributions that load_requests_total counts beside
local TOLERATED = 4 -- times the threshold, as Apdex has it
local RUNS_MOST, ROWS_MOST = 1000, 10000

local function invalid(message, ...) error({ code = "invalid", message = "experience: " .. message:format(...) }, 0) end

local function unknown(why)
  return { known = false, why = why, explain = function() return "What users met is not known: " .. why .. "." end }
end

local function checked(options)
  local o = schema.check(words.options.experience, options, "experience")
  if not (o.threshold > 0) then invalid "threshold is more than 0" end
  o.tolerating = o.tolerating or TOLERATED * o.threshold
  if o.tolerating < o.threshold then invalid("tolerating (%s) is below threshold (%s)", units.format("duration", o.tolerating), units.format("duration", o.threshold)) end
  if not (o.objective > 0 and o.objective < 1) then invalid "objective is a share above 0 and below 100%%, such as \"99.9%%\"" end
  if not (o.period > 0) then invalid "period is more than 0" end
  if o.least < 1 then invalid "least is 1 or more" end
  if o.every and o.every < 1 then invalid "every is a second or more" end
  if o.run and (o.from or o.to) then invalid "run is one run; from and to are over those of this playbook" end
  if (o.failed == nil) ~= (o.requests == nil) then invalid "requests and failed go together: counters of all, and of those that failed" end
  return o
end

--- Seconds since 1970 of an option.
local function at(value, what)
  local seconds = moment.at(value, clock.wall() / 1e9)
  if not seconds then invalid("%s: %s is no moment; %s", what, schema.show(value), moment.FORMS) end
  return seconds
end

--- A run with its time, in ms.
local function described(row)
  local from, to = database.range(row)
  return { id = row.id, from = from / 1e6, to = to / 1e6 }
end

--- This run with its time until now, in ms: of a stretch that is asked for, as described gives it of others, from the first row that it imported on.
local function this_run(run, o)
  local own = { id = run.row, from = run.started_ns / 1e6, to = clock.wall() / 1e6 }
  for _, facts in ipairs((o.from or o.to) and run.imports or {}) do
    if facts.from then own.from, own.to = math.min(own.from, facts.from * 1000), math.max(own.to, facts.to * 1000) end
  end
  return own
end

--- The runs that are meant, each with its time on the timeline, and the stretch that they are looked at over; what belongs to no run is the last.
local function runs_of(run, reader, o)
  local own = this_run(run, o)
  if not (o.from or o.to) then
    local one = o.run and described(database.run(reader, o.run, run.row)) or own
    return { one }, one.from, one.to
  end
  local to = o.to and at(o.to, "to") * 1000 or own.to
  local from, list = o.from and at(o.from, "from") * 1000, {}
  local rows = database.records(reader, "runs_recent", { limit = RUNS_MOST, name = run.name })
  for _, row in ipairs(rows) do
    local one = row.id == run.row and own or described(row)
    if one.from < to and (not from or one.to > from) then list[#list + 1] = one end
  end
  from = from or #list > 0 and list[#list].from or own.from
  if from >= to then invalid "from is not before to" end
  list[#list + 1] = { id = 0, from = from, to = to }
  return list, from, to, #rows == RUNS_MOST
end

local function steps_of(from, to, every)
  if not every then return grid.new(from, to) end
  if (to - from) / 1000 / every > ROWS_MOST then invalid("every gives more than %d rows; make it longer", ROWS_MOST) end
  local step = math.max(1, math.ceil((to - from) / 1000 / grid.MOST))
  return grid.new(from, to, every / math.max(1, every // step))
end

local function user_of(seen, labels)
  local name = seen.o.users and labels[seen.o.users]
  if not name or name == "" then return nil end
  local user = seen.users[name] or { total = 0, bad = 0 }
  seen.users[name] = user
  return user
end

--- The scenarios of a run that were measured; nil where none was. Beside them stand those of a search's or a comparison's steps, whose overload is on
--- purpose: they are left out.
local function measured_of(run, reader, id)
  local out = {}
  for _, part in ipairs(database.records(reader, "parts_of", { run = id })) do out[part.text or ""] = true end
  for name in pairs(id == run.row and run.open_parts or {}) do out[name] = true end
  out[""] = nil
  return next(out) and out or nil
end

--- The series that count.
local function series_of(seen, reader, selector, one)
  local out = {}
  for _, s in ipairs(grid.series(reader, selector, one.id)) do
    local of_load = selector.metric:find("^load_") and s.labels.scenario
    if not (seen.measured and of_load) or seen.measured[s.labels.scenario] then out[#out + 1] = s end
  end
  return out
end

--- What has been read of a series for a figure by the runs before: nil of a load's, which is each run's own.
local function read_of(seen, figure, s)
  if s.labels.source == "load" then return nil end
  local of_figure = seen.read[figure] or {}
  seen.read[figure] = of_figure
  of_figure[s.id] = of_figure[s.id] or setmetatable({}, grid.Stretches)
  return of_figure[s.id]
end

--- Adds the latencies of a series of distributions.
local function add_latencies(seen, reader, s, one)
  local o, user, read, first, last = seen.o, user_of(seen, s.labels), read_of(seen, "latencies", s), math.huge, -math.huge
  seen.grid:hists(reader, s, one.id, function(step, h, ms)
    if read and read:has(ms) then return end
    first, last = math.min(first, ms), math.max(last, ms)
    local n = h:count()
    local slow = o.within and n - h:at_most(o.within) or 0
    seen.satisfied, seen.within_tolerating, seen.samples = seen.satisfied + h:at_most(o.threshold), seen.within_tolerating + h:at_most(o.tolerating), seen.samples + n
    seen.slow[step], seen.answers[step] = (seen.slow[step] or 0) + slow, (seen.answers[step] or 0) + n
    if user then user.total, user.bad = user.total + n, user.bad + slow end
  end, one.from, one.to)
  if read and first <= last then read:add(first - 1, last) end
end

local function sum(list)
  local total = 0
  for _, v in pairs(list) do total = total + v end
  return total
end

--- Adds counters to the steps of `into`, and to the figure of their users.
local function add_counts(seen, reader, selector, one, into, wanted, figure)
  for _, s in ipairs(series_of(seen, reader, selector, one)) do
    if not wanted or wanted(s.labels) then
      local own, user = seen.grid:growth(reader, s, one.id, {}, read_of(seen, into, s)), figure and user_of(seen, s.labels)
      for step, v in pairs(own) do into[step] = (into[step] or 0) + v end
      if user then user[figure] = user[figure] + sum(own) end
    end
  end
end

local function is_ended(labels) return labels.outcome ~= "aborted" end
local function is_failed(labels) return labels.outcome ~= "ok" and labels.outcome ~= "aborted" end
local function is_timeout(labels) return labels.outcome == "timeout" end

--- The counters of a load beside its latencies: with the same labels.
local function of_load(selector)
  return { metric = "load_requests_total", matchers = selector.matchers }
end

--- Reads what all of the runs have.
local function read(run, reader, o, list, steps)
  local seen = { o = o, grid = steps, satisfied = 0, within_tolerating = 0, samples = 0, slow = {}, answers = {},
    total = {}, failed = {}, timeouts = {}, users = {}, read = {} }
  local latencies = grid.selector(run, o.of, "p50", o.run and list[1].id)
  local own = OF_REQUESTS[latencies.metric] and not o.requests
  local requests = own and of_load(latencies) or o.requests and grid.selector(run, o.requests, "rate", o.run and list[1].id)
  local failed = o.failed and grid.selector(run, o.failed, "rate", o.run and list[1].id)
  seen.own, seen.counted = own, requests ~= nil
  for _, one in ipairs(list) do
    seen.measured = measured_of(run, reader, one.id)
    for _, s in ipairs(series_of(seen, reader, latencies, one)) do add_latencies(seen, reader, s, one) end
    if requests then add_counts(seen, reader, requests, one, seen.total, own and is_ended or nil, nil) end
    if own then
      add_counts(seen, reader, requests, one, seen.failed, is_failed, "bad")
      add_counts(seen, reader, requests, one, seen.timeouts, is_timeout)
    elseif failed then
      add_counts(seen, reader, failed, one, seen.failed, nil, "bad")
    end
  end
  return seen
end

--- Why a distribution tells nothing.
local function no_latency(o) return ("%s has no values in that time"):format(o.of) end

local function rounded(v) return math.floor(v + 0.5) end

--- Apdex. A failed request is frustrated. Those without an answer are in no distribution and are added; timeouts stand in it at their limit;
--- failures that were answered stand in it as anything: they are taken from the satisfied ones first, so that the score is never too good.
local function apdex_of(seen)
  local satisfied, tolerating, frustrated = seen.satisfied, seen.within_tolerating - seen.satisfied, seen.samples - seen.within_tolerating
  if seen.own then
    local unanswered = math.max(0, rounded(sum(seen.total)) - seen.samples)
    local answered = math.max(0, rounded(sum(seen.failed)) - rounded(sum(seen.timeouts)) - unanswered)
    local of_satisfied = math.min(satisfied, answered)
    local of_tolerating = math.min(tolerating, answered - of_satisfied)
    satisfied, tolerating, frustrated = satisfied - of_satisfied, tolerating - of_tolerating, frustrated + of_satisfied + of_tolerating + unanswered
  end
  local a = core.apdex_of(satisfied, tolerating, frustrated)
  a.known, a.satisfied, a.tolerating, a.frustrated = a.samples > 0, satisfied, tolerating, frustrated
  if not a.known then a.why = no_latency(seen.o) end
  return a
end

--- The share of the slow ones that did not time out: timeouts, which stand among them at their limit, have failed already.
local function late_share(seen)
  local slow = sum(seen.slow)
  return slow > 0 and 1 - math.min(1, sum(seen.timeouts) / slow) or 0
end

--- What was asked for and what of it was bad, step by step. Counters and histograms of a second may be a step apart: what is bad beyond the
--- requests of its step belongs to the next, and at the end to those before.
local function balanced(seen)
  local totals, bads, over, late = {}, {}, 0, late_share(seen)
  for i = 1, seen.grid.n do
    local total = (seen.counted and seen.total or seen.answers)[i] or 0
    local bad = (seen.failed[i] or 0) + (seen.slow[i] or 0) * late + over
    totals[i], bads[i] = total, math.min(total, bad)
    over = bad - bads[i]
  end
  for i = seen.grid.n, 1, -1 do
    local more = math.min(over, totals[i] - bads[i])
    bads[i], over = bads[i] + more, over - more
  end
  return totals, bads
end

local function known(value, err)
  if not value then error(err, 0) end
  return value
end

local function budget_of(totals, bads, step_s, o)
  local b = known(core.budget(totals, bads, o.objective))
  local covered = 0
  for _, v in ipairs(totals) do covered = covered + (v > 0 and step_s or 0) end
  b.objective, b.period, b.covered = o.objective, o.period, covered
  if b.rate then
    b.period_left = 1 - b.rate * covered / o.period
    local lasts = core.lasts(b.period_left, b.rate, o.period)
    b.lasts = lasts < math.huge and lasts or nil
  end
  return b
end

--- The objective of each stretch of `every`; stretches without requests are left out, also those that only a counter's interpolation reaches into.
local function rows_of(totals, bads, steps, o)
  local rows, width = {}, math.max(1, rounded(o.every * 1000 / steps.step))
  for first = 1, steps.n, width do
    local total, bad, last = 0, 0, math.min(steps.n, first + width - 1)
    for i = first, last do total, bad = total + totals[i], bad + bads[i] end
    if rounded(total) > 0 then
      local b = known(core.budget({ total }, { bad }, o.objective))
      rows[#rows + 1] = { from = (steps.from + (first - 1) * steps.step) / 1000, to = math.min(steps.to, steps.from + last * steps.step) / 1000, total = total, bad = bad, attained = b.attained, met = b.met, used = b.used }
    end
  end
  return rows
end

local function users_of(seen)
  local o, bads = seen.o, {}
  if not o.users then return { known = false, why = 'users = "LABEL" says which label tells them apart' } end
  for _, user in pairs(seen.users) do bads[#bads + 1] = user.bad end
  if #bads == 0 then return { known = false, why = ('no series has a label %q, as user:tag(%q, …) gives'):format(o.users, o.users) } end
  local a = known(core.affected(bads, o.least - 1e-6))
  a.known, a.least = true, o.least
  return a
end

local function share(v) return percent(v, 6) end

local function length(seconds) return units.format("duration", seconds) end

local function explain_apdex(r)
  local a = r.apdex
  if not a.known then return ("Apdex is not known: %s."):format(a.why) end
  local line = ("Apdex %.2f [%s]%s, %s: %d satisfied, %d tolerating (up to %s), %d frustrated."):format(a.score, length(r.threshold), a.few and "*" or "", a.rating, a.satisfied, a.tolerating, length(r.tolerating), a.frustrated)
  if a.lo then line = line .. (" 95 %% interval %.2f to %.2f."):format(a.lo, a.hi) end
  return line .. (a.few and " *Fewer than 100 samples: too few to rely on." or "")
end

local function explain_budget(r)
  local b = r.budget
  if not b.attained then return "No requests: the objective has nothing to be judged by." end
  local line = ("%s of %d requests were good, the objective of %s was %s: burn rate %.3g."):format(share(b.attained), rounded(b.total), share(b.objective), b.met and "met" or "missed", b.rate)
  if b.period_left <= 0 then return line .. (" The error budget of %s is spent."):format(length(b.period)) end
  line = line .. (" Of the error budget of %s %.5g %% is left"):format(length(b.period), b.period_left * 100)
  return line .. (b.lasts and ("; at this rate it lasts %s."):format(length(b.lasts)) or ".")
end

local function explain_users(u)
  return ("%d of %d users (%.3g %%; 95 %% interval %.3g to %.3g %%) met trouble."):format(u.affected, u.users, u.share * 100, u.lo * 100, u.hi * 100)
end

--- The gravest alert: of windows that are full, else of the others.
local function explain_burn(burn)
  local gravest
  for _, b in ipairs(burn) do
    if b.firing and (not gravest or b.whole and not gravest.whole) then gravest = b end
  end
  return gravest and ("%s: burn rate %.3g over %s and %.3g over %s, %g allowed%s."):format(gravest.severity, gravest.long_rate, length(gravest.long_s), gravest.short_rate, length(gravest.short_s),
    gravest.limit, gravest.whole and "" or "; the longer window is not full yet")
end

local function explain(r)
  local lines = { explain_apdex(r), explain_budget(r) }
  lines[#lines + 1] = explain_burn(r.burn)
  if r.rows then
    local met = 0
    for _, row in ipairs(r.rows) do met = met + (row.met and 1 or 0) end
    lines[#lines + 1] = ("The objective was met in %d of %d stretches of %s."):format(met, #r.rows, length(r.every))
  end
  if r.users.known then lines[#lines + 1] = explain_users(r.users) end
  for _, w in ipairs(r.warnings) do lines[#lines + 1] = "warning: " .. w end
  return table.concat(lines, "\n")
end

--- The answer of what was read.
local function answer(seen, list, o, cut)
  local totals, bads = balanced(seen)
  local step_s = seen.grid.step / 1000
  local r = { known = true, threshold = o.threshold, tolerating = o.tolerating, from = seen.grid.from / 1000, to = seen.grid.to / 1000, runs = #list, every = o.every, warnings = {}, explain = explain }
  r.apdex, r.budget, r.users = apdex_of(seen), budget_of(totals, bads, step_s, o), users_of(seen)
  r.burn = known(core.burn_rates(totals, bads, step_s, o.objective))
  r.rows = o.every and rows_of(totals, bads, seen.grid, o) or nil
  if not seen.counted then r.warnings[1] = "failed requests are not known here (requests and failed name their counters): only what was slow counts" .. (o.within and "" or ", and within is not given") end
  if o.within and seen.samples == 0 and not seen.own then r.warnings[#r.warnings + 1] = "what was slow is not known here, only what failed counts: " .. no_latency(o) end
  if cut then r.warnings[#r.warnings + 1] = ("only the last %d runs were looked at"):format(RUNS_MOST) end
  return r
end

--- run:experience(options).
---
---     local met = run:experience { threshold = "250ms", objective = "99.9%", period = "30d" }
---     local month = run:experience { threshold = "250ms", from = "-30d", every = "1d", users = "customer" }
---@param run perilune.Run
---@param options table { threshold, tolerating, of, within, objective, period, requests, failed, users, least, from, to, every, run, try }
---@return table { known, why, apdex, budget, burn, rows, users, from, to, runs, warnings, :explain() }: see types/run.lua
function M.run(run, options)
  local o = checked(options)
  assert(writer.sync())
  local reader = run:reader()
  local list, from, to, cut = runs_of(run, reader, o)
  local seen = read(run, reader, o, list, steps_of(from, to, o.every))
  seen.counted = seen.counted and sum(seen.total) > 0
  if seen.samples == 0 and sum(seen.total) == 0 then return unknown(("nothing was stored of %s in that time"):format(o.requests and o.of .. " and " .. o.requests or o.of)) end
  return answer(seen, list, o, cut)
end

return M
