--- What a run leaves behind: events, verdict rows, the JSON object perilune.run/1, reports.
local later = require "perilune.later"
local clock = require "perilune.core.clock"
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local json = require "perilune.core.json"
local output = require "perilune.output"
local redact = require "perilune.redact"
local report = later "perilune.report"
local scenario = require "perilune.scenario"
local slow = require "perilune.slow"
local summary = later "perilune.summary"
local task = require "perilune.task"
local writer = require "perilune.core.writer"

local M = {}

--- Stores an event of the run; duration 0 is a mark.
---@param run perilune.Run
---@param kind string
---@param text string
---@param at_ns integer wall nanoseconds
---@param duration_ns integer
---@param parent integer|nil the event that this one is a part of
---@param data table|nil further facts, stored as JSON
---@return integer id
function M.event(run, kind, text, at_ns, duration_ns, parent, data)
  local row, err = writer.record("event_put", { run = run.row, kind = kind, text = text, ts_ns = at_ns, duration_ns = duration_ns, parent = parent,
    data = data and json.encode(data) })
  if not row then error(err, 0) end
  run:progress { type = "event", kind = kind, text = text, duration_s = duration_ns / 1e9 }
  return row
end

--- Says how long an event took that has ended.
---@param run perilune.Run
---@param id integer
---@param duration_ns integer
function M.event_ended(run, id, duration_ns)
  local row, err = writer.record("event_end", { run = run.row, id = id, duration_ns = duration_ns })
  if not row then error(err, 0) end
end

--- Stores one verdict row.
---@param run perilune.Run
---@param index integer from 1
---@param r table of judge.lua
function M.store_objective(run, index, r)
  local row, err = writer.record("objective_put", {
    run = run.row, idx = index, expr = r.expr, scope = r.scope, severity = r.severity, value = r.value, lim = r.limit,
    ci_lo = r.ci and r.ci[1], ci_hi = r.ci and r.ci[2], samples = r.samples, verdict = r.verdict, detail = json.encode(r),
  })
  if not row then error(err, 0) end
end

--- Stores one finding.
---@param run perilune.Run
---@param kind string such as "capacity"
---@param severity string "info", "warn", "fail"
---@param text string
---@param data table|nil stored as JSON
function M.store_finding(run, kind, severity, text, data)
  local row, err = writer.record("finding_put", { run = run.row, kind = kind, severity = severity, text = text, data = json.encode(data or {}) })
  if not row then error(err, 0) end
end

local NOTES_MOST = 100

--- Stores the run's notes, for its reports: the first ones, and how many more there were.
---@param run perilune.Run
function M.store_notes(run)
  for i = 1, math.min(#run.notes, NOTES_MOST) do M.store_finding(run, "note", "info", run.notes[i]) end
  if #run.notes > NOTES_MOST then M.store_finding(run, "note", "info", ("and %d more, which the summary has"):format(#run.notes - NOTES_MOST)) end
end

--- Hash of the arguments that make runs comparable.
---@param args table
---@return string
function M.args_hash(args)
  local names, lines = {}, {}
  for name in pairs(args) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do lines[#lines + 1] = name .. "=" .. redact.shown(args[name]) end
  return engine.sha256(table.concat(lines, "\n"))
end

local function null(v)
  if v == nil then return json.null end
  return v
end

local function distribution(d)
  local out = { count = d.count }
  for _, name in ipairs { "mean", "stdev", "min", "p50", "p90", "p95", "p99", "p99_9", "p99_99", "max" } do out[name] = null(d[name]) end
  local ci = d.ci or {}
  out.ci = { p50 = null(ci.p50), p99 = null(ci.p99) }
  for name, interval in pairs(ci) do out.ci[name] = interval end
  out.few_seconds = d.few_seconds and json.array(d.few_seconds)
  return out
end

local function objectives_json(list)
  local out = json.array {}
  for i, o in ipairs(list) do
    out[i] = { expr = o.expr, scope = null(o.scope), value = null(o.value), limit = null(o.limit), ci = null(o.ci),
      samples = null(o.samples), verdict = o.verdict, line = o.line }
  end
  return out
end

local function generator_json(g)
  local workers = json.array {}
  for i, w in ipairs(g.workers) do workers[i] = { cpu_s = w.cpu_s, busy = w.busy, run_queue_s = w.waited_s, switches = { waited = w.yielded, preempted = w.preempted } } end
  return { verdict = g.verdict, reasons = json.array(g.reasons), warnings = json.array(g.warnings), cpu_s = g.cpu_s, workers = workers, rss_bytes = null(g.rss_bytes),
    loopback_s = { count = g.loopback.count, p50 = null(g.loopback.p50), max = null(g.loopback.max) }, retransmits = g.retransmits, ports = g.ports, dropped = g.dropped,
    clock = { source = null(g.clock.source), max_step_s = g.clock.max_step } }
end

--- How well the starts fit their arrival law: core/load/fit.h.
local function fit_json(fit)
  if not fit then return json.null end
  return { gaps = fit.gaps, mean = fit.mean, cv = fit.cv, ks = null(fit.ks), p = null(fit.p) }
end

--- What each scenario of a load was to do.
local function scenarios_json(l)
  local out = json.array {}
  for i, plan in ipairs(l.plans) do
    local peak, url = scenario.volume(plan), plan.url or plan.base
    local open = plan.model == "open"
    out[i] = { name = plan.name, model = plan.model, arrivals = null(open and plan.law or nil), url = null(url and redact.url(url)),
      rate_per_s = null(open and peak or nil), users = null(not open and peak or nil), iterations = null(plan.iterations), stages = #plan.stages,
      duration_s = plan.duration, warmup_s = plan.warmup, arrivals_fit = fit_json(l.scenarios[i].fit) }
  end
  return out
end

local function process_json(p)
  if not p then return json.null end
  return { pid = p.pid, name = p.name, cpu_cores = null(p.cpu_cores) }
end

--- Most users that the plans ask for; an open loop takes them by need and plans none.
local function planned_users(plans)
  local users = 0
  for _, plan in ipairs(plans) do
    if plan.model == "open" then return json.null end
    users = users + scenario.volume(plan)
  end
  return users
end

--- Sessions of so many streams that users need who are dealt out to workers, none of whose sessions another one shares.
local function sessions(users, streams, workers)
  local parties, n = math.max(1, math.min(users, workers)), 0
  for i = 1, parties do n = n + math.ceil((users // parties + (i <= users % parties and 1 or 0)) / streams) end
  return n
end

--- Most connections that the plans ask for: their limit, or one a user (a worker's shared session for as many as it has streams) where no
--- limit is given and the users are known.
local function planned_connections(plans, workers)
  local connections = 0
  for _, plan in ipairs(plans) do
    local limit = (plan.max_connections or 0) > 0 and plan.max_connections or nil
    local users = plan.model ~= "open" and scenario.volume(plan) or nil
    if not limit and not users then return json.null end
    local shares = plan.pool == nil or plan.pool == "shared"
    users = users and sessions(users, shares and plan.streams or 1, workers)
    connections = connections + math.min(limit or users, users or limit)
  end
  return connections
end

--- Only where there was TLS: consumers of plain loads see no new field.
local function tls_json(t)
  if not t then return nil end
  return { version = t.version, cipher = t.cipher, handshakes = t.handshakes, resumed = t.resumed, insecure = t.insecure,
    full_mean_s = null(t.full_mean), resumed_mean_s = null(t.resumed_mean),
    expires_at = t.expires and clock.iso(t.expires * 1000000000) or json.null }
end

--- Whether the measured seconds hold their level, and how they depend on each other.
local function steadiness_json(l)
  local s, warmup = l.steadiness or {}, 0
  for _, plan in ipairs(l.plans) do warmup = math.max(warmup, plan.warmup) end
  return { seconds = null(s.seconds), lag1 = null(s.lag1), kpss = null(s.kpss), stationary = null(s.stationary), warmup_s = warmup,
    unsettled = null(s.unsettled), begins_apart_s = null(s.warmup), trend = s.change and { change = s.change, p = s.change_p } or json.null }
end

local NAMES_MOST = 100 -- request names of a load that later runs compare with, those of most requests

--- The figures of each request name, where there are several: what a later run is compared by.
local function names_json(l)
  local rows, out = {}, json.array {}
  for i, r in ipairs(l.rows or {}) do rows[i] = r end
  if #rows < 2 then return nil end
  table.sort(rows, function(a, b) return a.requests > b.requests end)
  for i = 1, math.min(#rows, NAMES_MOST) do
    local r = rows[i]
    out[i] = { scenario = r.scenario, name = r.name, requests = r.requests, failed = r.failed, p50 = null(r.latency.p50), p95 = null(r.latency.p95), p99 = null(r.latency.p99) }
  end
  return out
end

local FAILURES_MOST = 20 -- reasons of a load's failures, the most frequent ones

--- Why requests and iterations failed, in the words of checks, scripts and the system, most frequent first; nil where nothing is said.
---@param l table from figures.result
---@return table|nil { class, text, count, of: how often a check was made } each
function M.failures(l)
  local list, out = {}, json.array {}
  local function add(class, text, count, of) list[#list + 1] = { class = class, text = redact.url((text:match "^[^\n]*")), count = count, of = of } end
  for _, c in ipairs(l.checks or {}) do
    if c.failed > 0 then add("check", c.label, c.failed, c.failed + c.passed) end
  end
  for _, item in ipairs(l.script_errors or {}) do add("script", item.text, item.count) end
  for _, item in ipairs(l.given_up or {}) do add("given up", item.text, item.count) end
  for _, item in ipairs(l.failures or {}) do
    local class, why = item.text:match "^(%w+): (.+)$"
    if class and why ~= class then add(class, why, item.count) end
  end
  table.sort(list, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return a.class .. a.text < b.class .. b.text
  end)
  table.move(list, 1, math.min(#list, FAILURES_MOST), 1, out)
  return #out > 0 and out or nil
end

--- One load as perilune.load/1 (frozen).
---@param run perilune.Run
---@param l table from figures.result
---@return table
function M.load(run, l)
  local s, phases, exit = l.stats, {}, run.exit or { code = 0, reason = "pass" }
  for name, d in pairs(l.phases) do phases[name] = distribution(d) end
  return {
    schema = "perilune.load/1", run_id = run.id, version = engine.version(), started_at = clock.iso(l.start_ms * 1000000),
    url = null(l.target.url and redact.url(l.target.url)), exit = { code = exit.code, reason = exit.reason },
    scenarios = scenarios_json(l), seed = run.prepared.spec.seed, model = l.model, arrivals = null(l.arrivals), duration_s = l.duration, colocated = l.colocated,
    users = { planned = planned_users(l.plans), max = s.users_max },
    connections = { planned = planned_connections(l.plans, math.max(1, #l.generator.workers)), opened = s.connections_opened, max_open = s.connections_max,
      asked = s.connections_asked, made = s.connections_made, failed = s.connections_failed, reused = s.connections_reused,
      repeated = s.connections_repeated },
    starts = { planned = null(l.planned), started = s.started, late = s.late, dropped = s.dropped, cancelled = s.cancelled,
      achieved = l.planned and l.planned > 0 and s.started / l.planned or json.null, behind = l.planned and { most = s.behind, at_s = s.behind_at } or json.null },
    requests = { total = s.requests, ok = s.ok, failed = s.failed, aborted = s.aborted },
    errors = s.errors, failures = M.failures(l), status = next(l.status) and l.status or json.object {}, bytes = { sent = s.bytes_sent, received = s.bytes_received },
    rate_per_s = { planned = l.model == "open" and l.rate_planned or json.null, achieved = l.rate },
    names = names_json(l), latency_s = distribution(l.latency), service_s = distribution(l.service),
    schedule_lag_s = l.lag and distribution(l.lag) or json.null, phases_s = phases,
    objectives = objectives_json(run.verdicts), tls = tls_json(l.tls), http2 = l.http2,
    target = { verdict = l.target.verdict, reasons = json.array(l.target.reasons), process = process_json(l.target.process) },
    generator = generator_json(l.generator), slow = slow.json(l.slow, clock.iso), steadiness = steadiness_json(l),
    changed_by_hand = #l.changed_by_hand > 0 and json.array(l.changed_by_hand) or nil,
  }
end

--- Capacity searches with their steps.
local function searches_json(run)
  local list = json.array {}
  for i, f in ipairs(run.searches or {}) do
    list[i] = { name = f.name, known = f.known, rate_per_s = null(f.rate), users = null(f.users), lo = null(f.lo), hi = null(f.hi), limited_by = null(f.limited_by), why = null(f.why),
      objectives = json.array(f.objectives), replicas = f.replicas, steps = json.array(f.steps) }
  end
  return list
end

--- The run as perilune.run/1 (frozen).
---@param run perilune.Run
---@return table
function M.run(run)
  local loads, comparisons, findings = json.array {}, json.array {}, json.array {}
  for i, l in ipairs(run.loads) do loads[i] = M.load(run, l) end
  for i, c in ipairs(run.comparisons) do comparisons[i] = c end
  for i, f in ipairs(run.findings) do findings[i] = f end
  return {
    schema = "perilune.run/1", run_id = run.id, name = run.name, verdict = run.verdict, exit = run.exit, because = run.because,
    interval = { clock.iso(run.started_ns), clock.iso(run.ended_ns) }, labels = next(run.labels) and run.labels or json.object {},
    url = null(run.url and redact.url(run.url)),
    objectives = objectives_json(run.verdicts), searches = searches_json(run), comparisons = comparisons, findings = findings, loads = loads,
    imports = run.imports and run.imports[1] and json.array(run.imports) or nil,
    plans = json.array {}, paths = run.paths or json.object {}, error = run.error and { code = run.error.code, message = run.error.message } or nil,
  }
end

--- The texts that were asked for, by format: run.reports are paths in its folder, run.options.reports those of the
--- command line.
local function wanted_of(run)
  local wanted = {}
  for k, v in pairs(run.reports or {}) do wanted[k] = v end
  for k, v in pairs(run.options.reports or {}) do wanted[k] = v end
  if wanted.json == "-" then wanted.json = nil end -- the host prints it
  return wanted
end

--- Raises when a place that the command line gave cannot be written: before anything is sent.
---@param options table of the run
---@return any spare a descriptor for M.publish, which a load must not use up; nil where no report is asked for, or none is left
function M.check_places(options)
  local places = { events = options.events }
  for format, path in pairs(options.reports or {}) do places[format] = path end
  for option, path in pairs(places) do output.check(option, path) end
  return next(options.reports or {}) and file.spare() or nil
end

--- Where the reports will be, by format: part of the result.
---@param run perilune.Run
function M.plan_paths(run)
  run.paths = json.object {}
  for format, path in pairs(wanted_of(run)) do
    if path ~= "-" then run.paths[format] = path end
  end
end

--- Writes the formats that can be written; gives the first failure. What was not written is no path of the result.
local function write_reports(run, wanted)
  local model, failure
  for _, format in ipairs { "html", "junit", "markdown" } do
    if wanted[format] then
      local ok, err = task.try(function()
        model = model or report.model(run:reader(), run.id)
        output.write(wanted[format], report[format](model))
      end)
      if not ok then
        run.paths[format] = nil
        failure = failure or err
      end
    end
  end
  return failure
end

--- The summary; of a quiet run only what ended it.
local function show(run)
  local o, quiet = engine.options(), run.prepared.spec.quiet
  local free = run.options.stdout_taken == nil and run.options.events ~= "-" and not quiet
  local color = run.options.color or "auto"
  local text = (quiet and summary.reason or summary.text)(run, { color = color == "always" or (color == "auto" and o.color), columns = output.columns(), told = o.one_place or not free })
  if text ~= "" then engine.write(free and "result" or "progress", text) end
end

--- Writes the reports that were asked for, and shows the summary.
---@param run perilune.Run
---@param restore fun(): string encodes and stores the result again, when its paths have changed
---@return table|nil failure why a report could not be written
function M.publish(run, restore)
  local wanted, spare = wanted_of(run), run.prepared.spare
  if spare then spare:close() end
  local failure = write_reports(run, wanted)
  if wanted.json then
    local ok, err = file.write(wanted.json, (failure and restore() or json.encode(M.run(run))) .. "\n")
    if not ok then run.paths.json = nil end
    failure = failure or (not ok and err) or nil
  end
  if failure then restore() end
  run:progress { type = "run_end", verdict = run.verdict, exit = run.exit }
  show(run)
  return failure
end

return M
