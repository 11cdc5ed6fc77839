--- The words on `run`: straight-line, waiting, raising an error table on failure (or nil, err with try = true).
local later = require "perilune.later"
local ab = later "perilune.ab"
local alerts = later "perilune.alerts"
local anomalies = later "perilune.anomalies"
local answers = later "perilune.answers"
local changes = later "perilune.changes"
local artifact = later "perilune.artifact"
local baseline = later "perilune.baseline"
local capacity = later "perilune.capacity"
local clock = require "perilune.core.clock"
local compare = later "perilune.compare"
local engine = require "perilune.core.engine"
local experience = later "perilune.experience"
local export = later "perilune.export"
local face = require "perilune.face"
local fetch = later "perilune.fetch"
local forecast = later "perilune.forecast"
local folder = require "perilune.folder"
local grant = require "perilune.grant"
local guard = require "perilune.core.guard"
local http = require "perilune.http"
local importing = later "perilune.importing"
local inquiry = later "perilune.inquiry"
local judge = require "perilune.judge"
local load = require "perilune.load"
local receive = later "perilune.receive"
local redact = require "perilune.redact"
local replicas = later "perilune.replicas"
local result = require "perilune.result"
local rightsize = later "perilune.rightsize"
local search = later "perilune.search"
local sample = require "perilune.sample"
local schema = require "perilune.schema"
local stop = later "perilune.stop"
local task = require "perilune.task"
local traces = later "perilune.traces"
local units = require "perilune.core.units"
local use = later "perilune.use"
local view = require "perilune.view"
local words = require "perilune.words"
local writer = require "perilune.core.writer"

--- The run as our own modules see it. Scripts hold its face (see the end of this file).
---@class perilune.Run
---@field args table values of the arguments, in base units
---@field id string 26 characters
---@field objectives table rows as the playbook gave them
---@field machine table facts of this machine and process
local Run = {}
Run.__index = Run

local PHASE_END_SECONDS = 5
local SLEEP_MOST = 1000 * 86400

---@param prepared table what runner.prepare made
---@param id string
---@return perilune.Run
function Run.new(prepared, id)
  return setmetatable({
    id = id, args = prepared.args, name = prepared.book.name, prepared = prepared, objectives = prepared.objectives,
    deferred = {}, loads = {}, imports = {}, unanswered = {}, live = {}, comparisons = {}, findings = {}, verdicts = {},
    stop_rules = {}, live_values = {}, open_parts = {}, notes = {}, phases = {}, open_phases = setmetatable({}, { __mode = "k" }), samplers = {}, receivers = {}, scrapes = {}, exports = {}, exposed = {}, options = prepared.options,
  }, Run)
end

--- Progress to whoever looks: the live view, --events.
---@param event table { type = ..., ... }
function Run:progress(event)
  view.event(self, event)
end

--- A line that the summary and the report repeat.
---@param text string
function Run:note(text)
  local shown = redact.url(text)
  self.notes[#self.notes + 1] = shown
  self:progress { type = "note", text = shown }
end

--- Starts a sampler that runs until the run ends: "host", "process", "cgroup", "containers", "units", "textfile", "self", "scrape".
---@param source string
---@param options table|nil { every = "1s", role, name, pid, labels, try }
---@return table handle with :stop()
function Run:sample(source, options) return sample.start(self, source, options) end

--- Listens for what other systems send, until the run ends.
---@param options table|nil { listen = "127.0.0.1:0", remote_write = true, … }, see words.lua; try
---@return table receiver { url, address, port, statsd, graphite } with :counts() and :stop()
function Run:receive(options) return receive.start(self, options) end

--- Sends what comes onto the run's timeline to another system, until the run ends.
---@param options table { to = "remote_write", url, every, at_end, labels, auth, headers, tls, proxy, timeout, try }
function Run:export(options) export.start(self, options) end

--- Takes a file of the playbook's folder onto the timeline, row by row; waits for its end.
---@param format string "csv", "ndjson", "openmetrics", "prometheus", "hdr", "influx", "graphite", "sar", "iostat", "vmstat"
---@param path string
---@param options table|nil { metric, unit = "ns", at, instance, role = "other", origin = "production", try }
---@return table { taken, refused, series, from, to, reasons, examples }: see importing.lua
function Run:import(format, path, options) return importing.run(self, format, path, options) end

--- Sends the load of one or several scenarios and waits for its end.
---@param names string|string[]
---@param options table|nil { data, wait = false, try } and declarative scenario fields that override
---@return table result { rate, planned, started, dropped, error_ratio, valid, reasons, stopped, quantile(p, metric, labels) }
function Run:load(names, options) return load.run(self, names, options) end

--- The highest rate of a scenario that meets objectives: the rate doubles, the gap is halved, what was found is repeated and then
--- held. Poisson arrivals. With users = { 1, 2, 4 ... } a closed-loop sweep instead.
---@param name string
---@param options table|nil { until_fails = expr or list, from, to, step, hold, warmup, precision, confirm, replicas, users, try }
---@return table { known, rate, lo, hi, limited_by, steps, why }
function Run:search(name, options) return search.run(self, name, options) end

--- Two scenarios interleaved A B B A and compared by rounds: base first.
---@param base string
---@param head string
---@param options table|nil { rounds = 3, limit = "5%", duration, try }
---@return table { comparisons, valid }
function Run:ab(base, head, options) return ab.run(self, base, head, options) end

--- Compares this run with another, the recent comparable ones or the pinned baseline.
---@param options table|nil { with = "recent"|"pinned"|RUN, limit = "5%", metrics, missing, try }
---@return table findings
function Run:compare(options) return compare.run(self, options) end

--- What users met: Apdex, the error budget of an objective and its burn rates, the share of the users that met trouble.
---@param options table { threshold, tolerating, of, within, objective, period, requests, failed, users, least, from, to, every, run, try }
---@return table { known, why, apdex, budget, burn, rows, users, explain }
function Run:experience(options) return answers.experience(self, experience.run(self, options)) end

--- What throughput can be had: a law fitted to loads ("usl"), a queue solved ("queue"), the knee of a curve ("knee"),
--- or which resource of the machines ends first ("use").
---@param kind string "usl", "amdahl", "queue", "knee" or "use"
---@param options table|nil { from: see capacity.lua; step, ceiling, throughput, run: see use.lua; try }
---@return table { known, why, explain, … }
function Run:capacity(kind, options)
  local o = schema.check(words.options.capacity, options, "capacity")
  return answers.capacity(self, kind == "use" and use.run(self, o) or capacity.run(self, kind, o))
end

--- How many replicas carry a demand, from when on, and why.
---@param options table { demand, per_replica, headroom, survive, chance }
---@return table need
function Run:replicas(options) return answers.words(self, "replicas", replicas.run(self, options)) end

--- How much a target should be given, or what a scaling policy makes of a demand.
---@param target string|table an expression of one series, numbers, { time, value } each, or a forecast
---@param options table|nil { rule, violations, … }: see rightsize.lua
---@return table
function Run:rightsize(target, options) return answers.words(self, "rightsize", rightsize.run(self, target, options)) end

--- Pins this run as the baseline when it passes and is valid.
---@param name string|nil
function Run:pin_baseline(name) return baseline.pin(self, name) end

--- The pinned baseline's run, or nil.
---@param name string|nil
---@return table|nil
function Run:baseline(name) return (baseline.get(self, name)) end

--- Late objectives: judged at the end like the playbook's own.
---@param rows table
function Run:sla(rows) judge.add(self, rows) end

--- Stops a load while it runs: fn(now) is asked every second, now:value("error_ratio over last 10s") are live figures; what is true, or
--- a text that says why, stops the load, and the run has failed.
---@param fn fun(now: any): any
---@param options table|nil { every = "1s" }
function Run:stop_when(fn, options) return stop.when(self, fn, options) end

--- Where the level of an expression changed: within a run, or over the runs of this playbook.
---@param expr string as of run:query
---@param options table|nil { over = "time" or "runs", last, step, from, to, run, try }: see changes.lua
---@return table[] { labels, index, time, before, after, effect, relative, lo, hi, p, run, commit, suspects }
function Run:changes(expr, options) return answers.changes(self, expr, changes.run(self, expr, options)) end

--- What is odd in the series of an expression, online: each moment is judged by those before it.
---@param expr string as of run:query
---@param options table|nil { step = "1s", from, to, run, together, live, quiet, try }: see anomalies.lua, and alerts.lua for live = true
---@return table[] { labels, time, value, score, kind }
function Run:anomalies(expr, options)
  if options and options.live then return alerts.start(self, expr, options) end
  return answers.anomalies(self, expr, anomalies.run(self, expr, options))
end

--- What changed with a window that is bad, the surest first.
---@param options table { bad = { from, to }, among = { expression ... }, max_lag = "1m", step = "1s", run, try }: see anomalies.lua
---@return table[] { expr, labels, d, p, before, during, correlation, lag }
function Run:correlate(options) return answers.correlate(self, anomalies.correlate(self, options)) end

--- Values of an expression over this run, or another; over a stretch of its time, in steps.
---@param expr string such as "p99(latency) by (name)"
---@param options table|nil { from, to, step, run, try }: see inquiry.lua
---@return table[] { labels, time, value, unit, samples }
function Run:query(expr, options) return inquiry.run(self, expr, options) end

--- What the spans that were received say of each operation.
---@param options table|nil { service, operation, from, to, trace, run, try }: see traces.lua
---@return table[]
function Run:traces(options) return traces.run(self, options) end

--- The reader of this run's timeline.
---@return any
function Run:reader()
  if not self.open_reader then
    local reader, err = writer.reader()
    if not reader then error(err, 0) end
    self.open_reader = reader
  end
  return self.open_reader
end

--- The series of a metric that this run has by now, or another.
---@param metric string full name
---@param row integer|nil number of the other run
---@return table[] { id, labels, kind, unit }
function Run:series(metric, row)
  assert(writer.sync())
  local series, err = self:reader():series(metric, row or self.row)
  if not series then error(err, 0) end
  return series
end

--- Waits until an objective-like expression holds, for instance run:wait_until("cpu_utilization < 20%", { timeout = "2m" }).
---@param expr string
---@param options table|nil { timeout = "60s", every = "1s" }
---@return number seconds waited
function Run:wait_until(expr, options)
  local o = schema.check(words.options.wait_until, options, "wait_until")
  local began = clock.now()
  judge.check(self, expr)
  repeat
    if judge.holds_now(self, expr) then return clock.now() - began end
    task.sleep(math.max(0, math.min(o.every, began + o.timeout - clock.now())))
  until clock.now() - began >= o.timeout
  error({ code = "timeout", message = ("wait_until: %q did not hold within %s"):format(expr, units.format("duration", o.timeout)) }, 0)
end

--- Waits.
---@param duration string|number
function Run:sleep(duration)
  local seconds = schema.value("duration", duration, "run:sleep")
  if seconds > SLEEP_MOST then error({ code = "invalid", message = ("run:sleep: at most %s"):format(units.format("duration", SLEEP_MOST)) }, 0) end
  task.sleep(seconds)
end

--- Seconds since 1970 (wall clock).
---@return number
function Run:now() return clock.wall() / 1e9 end

--- Seconds since the run began.
---@return number
function Run:interval() return (clock.wall() - self.started_ns) / 1e9 end

--- Runs functions side by side; the first failure cancels the others; all are joined.
---@param ... fun()
---@return table results of each, in order
function Run:together(...)
  local outer, functions = self.open_phases[coroutine.running()], {}
  for i, fn in ipairs { ... } do
    functions[i] = function()
      self.open_phases[coroutine.running()] = outer
      return fn()
    end
  end
  return task.together(table.unpack(functions))
end

--- Runs fn when the run ends, last one first, each with its own limit.
---@param fn fun()
function Run:defer(fn)
  self.deferred[#self.deferred + 1] = fn
end

--- A span of the run with a name: an event on the timeline, a table in the report.
---@param name string
---@param fn fun()
---@return any ... what fn gives
function Run:phase(name, fn)
  local from, thread = clock.wall(), coroutine.running()
  local outer = self.open_phases[thread]
  local id = result.event(self, "phase", name, from, 0, outer)
  self.open_phases[thread] = id
  local results = table.pack(task.try(fn))
  self.open_phases[thread] = outer
  local to = clock.wall()
  self.phases[#self.phases + 1] = { name = name, from = from, to = to }
  task.shield(PHASE_END_SECONDS, result.event_ended, self, id, to - from)
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

--- One sample of an own metric, now.
---@param metric string
---@param value number
---@param labels table|nil
function Run:record(metric, value, labels)
  if not metric:match("^[%a_:][%w_:]*$") then
    error({ code = "invalid", message = ("record: %q is no metric name: letters, digits, _ and :"):format(metric) }, 0)
  end
  if value ~= value or math.abs(value) == math.huge then
    error({ code = "invalid", message = ("record: %s: %s is no value; leave it out where nothing was measured"):format(metric, value ~= value and "nan" or value > 0 and "infinity" or "-infinity") }, 0)
  end
  for k, v in pairs(labels or {}) do
    if type(k) ~= "string" or type(v) ~= "string" then
      error({ code = "invalid", message = ("record: labels are texts, { %s = %s } is not"):format(tostring(k), tostring(v)) }, 0)
    end
  end
  local ok, err = writer.sample(metric, value, labels)
  while not ok and err.code == "again" do
    task.sleep(0.01)
    ok, err = writer.sample(metric, value, labels)
  end
  if not ok then error(err, 0) end
end

--- Tells the timeline of a request to another system.
local function tell_call(run, call)
  result.event(run, "http", ("%s %s: %s"):format(call.method, call.url, call.status or call.why or "no answer"), call.at, math.floor(call.seconds * 1e9), run.open_phases[call.thread],
    { status = call.status, error = call.error, attempts = call.attempts, bytes = call.bytes, address = call.address, phases = call.phases })
end

--- The client behind run:http and what else asks other systems.
---@return table
function Run:asks()
  if not self.client then
    local p = self.prepared
    self.client = http.new { hosts = grant.fetch(p.typed, p.policy), apply = p.spec.apply, folder = p.spec.folder, tell = function(call) tell_call(self, call) end }
  end
  return self.client
end

--- Asks another system and waits for its answer: redirects, retries, limits and proxies as the options say. An answer that is not expected
--- is raised, too: err.status, err.answer.
---@param options table { url, method, headers, query, json, form, body, auth, timeout, retries, expect, try ... }
---@return table answer
function Run:http(options) return self:asks():request(options) end

--- An iterator over the pages of an answer: the next one is where Link says, or options.next(answer).
---@param options table those of http, next, max_pages
---@return fun(): any
function Run:http_pages(options) return http.face_pages(self:asks(), options) end

--- What comes after a series, and when it reaches a limit.
---@param series table|string what run:fetch or run:query gave, a list of { time, value }, or the selector of a series of the timeline
---@param options table { horizon, season, of, events, levels, ceiling, synthetic }: see forecast.lua
---@return table forecast
function Run:forecast(series, options) return answers.forecast(self, series, forecast.run(self, series, options)) end

--- History of another system: what is missing of it is asked for and kept, beyond this run.
---@param system string "prometheus"
---@param options table { url, query, as, from, to, step, auth, role, origin, try ... }
---@return table series { name, query, step, from, to, series = { { labels, { time, value } ... } ... } }; the points of a single one are its list, too
function Run:fetch(system, options) return fetch.run(self, system, options) end

--- A mark on the timeline, drawn on every chart.
---@param kind string such as "deploy"
---@param text string
function Run:event(kind, text)
  result.event(self, kind, text and redact.url(tostring(text)), clock.wall(), 0)
end

--- Keeps a file of the playbook's folder with the run.
---@param path string
---@param options table|nil { type = "text/plain", from, to, labels }: see artifact.lua
function Run:attach(path, options) return artifact.attach(self, path, options) end

--- Writes reports at the run's end, besides those that the command line asked for.
---@param options table { html, junit, markdown, json } paths below the playbook's folder
function Run:report(options)
  local o = schema.check(words.options.report, options, "report")
  for format, path in pairs(o) do o[format] = folder.path(self.prepared.spec.folder, path, "report") end
  self.reports = o
end

--- Whether a load of this run was limited by the generator.
---@return boolean
function Run:limited()
  for _, l in ipairs(self.loads) do
    if l.generator.verdict == "limited" then return true end
  end
  return false
end

--- Whether an objective, a rate or a comparison depends on the loads.
---@return boolean
function Run:judged_by_load()
  return #self.comparisons > 0 or self.options.hold_rate or judge.depends_on_load(self) or judge.misses_rate(self)
end

--- The words that scripts have, with their arguments.
local WORDS = {
  sample = { Run.sample, "string:source", "table:options?" }, load = { Run.load, "names:names", "table:options?" },
  receive = { Run.receive, "table:options?" }, export = { Run.export, "table:options" },
  import = { Run.import, "string:format", "string:path", "table:options?" },
  search = { Run.search, "string:name", "table:options?" }, ab = { Run.ab, "string:base", "string:head", "table:options?" },
  compare = { Run.compare, "table:options?" }, experience = { Run.experience, "table:options" }, forecast = { Run.forecast, "any:series", "table:options" }, capacity = { Run.capacity, "string:kind", "table:options?" }, replicas = { Run.replicas, "table:options" }, rightsize = { Run.rightsize, "any:target", "table:options?" },
  pin_baseline = { Run.pin_baseline, "string:name?" }, baseline = { Run.baseline, "string:name?" },
  anomalies = { Run.anomalies, "string:expr", "table:options?" }, correlate = { Run.correlate, "table:options" },
  changes = { Run.changes, "string:expr", "table:options?" },
  sla = { Run.sla, "table:rows" }, query = { Run.query, "string:expr", "table:options?" }, traces = { Run.traces, "table:options?" }, wait_until = { Run.wait_until, "string:expr", "table:options?" },
  stop_when = { Run.stop_when, "function:fn", "table:options?" }, sleep = { Run.sleep, "text:duration" }, now = { Run.now }, interval = { Run.interval },
  together = { Run.together, "function:fn", raw = true }, defer = { Run.defer, "function:fn" }, phase = { Run.phase, "string:name", "function:fn", raw = true },
  record = { Run.record, "string:metric", "number:value", "table:labels?" }, event = { Run.event, "string:kind", "text:text?" },
  fetch = { Run.fetch, "string:system", "table:options" }, http = { Run.http, "table:options" }, http_pages = { Run.http_pages, "table:request", raw = true },
  attach = { Run.attach, "string:path", "table:options?" }, report = { Run.report, "table:options?" },
}

--- The names of the words that this version has.
---@return table set
function Run.implemented()
  local set = {}
  for name in pairs(WORDS) do set[name] = words.find(words.run_later, name) == nil end
  return set
end

for _, name in ipairs(words.run_later) do
  WORDS[name] = { function() error({ code = "unsupported", message = ("run:%s is not in this version"):format(name) }, 0) end }
end

local face_of = face.kind("run", WORDS)

--- What scripts hold of a run: args, id, name, objectives, host (functions that the embedding program registered), machine,
--- labels, seed, and the words above. Fields are copies.
---@param run perilune.Run
---@return any
function Run.face(run)
  return face_of(run, {
    args = face.export(run.args), id = run.id, name = run.name, objectives = face.export(run.objectives), seed = run.prepared.spec.seed,
    host = guard.read_only(engine.host, "run.host"), machine = face.export(run.machine), labels = face.export(run.labels),
  })
end

return Run
