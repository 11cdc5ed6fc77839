--- perilune export FORMAT RUN: what a run has on the timeline, as a file for other tools, or sent to another system.
local clock = require "perilune.core.clock"
local database = require "perilune.database"
local delivery = require "perilune.delivery"
local engine = require "perilune.core.engine"
local export = require "perilune.core.export"
local file = require "perilune.core.file"
local grafana_dashboard = require "perilune.grafana_dashboard"
local guard = require "perilune.core.guard"
local k6_summary = require "perilune.k6_summary"
local output = require "perilune.output"
local schema = require "perilune.schema"
local suggest = require "perilune.suggest"
local task = require "perilune.task"
local units = require "perilune.core.units"
local words = require "perilune.words"

local M = {
  name = "export", section = "Look back", about = "Write what a run has on the timeline for other tools, or send it.", usage = "perilune export FORMAT [RUN] [--metric NAME] [--output FILE | --to URL]",
  words = { "the format", "the run" }, min = 1, max = 2, completes = { "openmetrics", "csv", "ndjson", "influx", "hdr", "k6", "k6-json", "remote_write", "otlp", "otlp_traces", "pushgateway", "graphite", "statsd", "grafana" },
  examples = { "perilune export csv last --output run.csv", "perilune export openmetrics last --metric node_load1", "perilune export hdr last --output latency.hlog",
    "perilune export remote_write last --to http://127.0.0.1:9090/api/v1/write", "perilune export grafana --output dashboard.json" },
  common = { "db", "json" },
  options = {
    { name = "metric", value = "NAME", help = "only this one" },
    { name = "output", short = "o", value = "FILE", help = "where to; - (or nothing) is standard output" },
    { name = "to", value = "URL", help = "send it there, from where the run's own export ended" },
    { name = "all", help = "with --to: from its first sample" },
    { name = "label", value = "K=V", many = true, help = "with --to: label of every series; may be repeated" },
    { name = "bucket", value = "NAME", help = "influx: of v2" }, { name = "org", value = "NAME", help = "influx: whose the bucket is" },
    { name = "database", value = "NAME", help = "influx: of v1" }, { name = "job", value = "NAME", help = "pushgateway: of the group (default perilune)" },
    { name = "dashboard", value = "UID", help = "grafana: the dashboard that annotations stand on" },
    { name = "bearer", value = "FILE", help = "with --to: a file that holds the token" },
    { name = "patience", value = "D", kind = "duration", help = "with --to: how long a message is tried again (default 60s)" },
  },
  more = [[
Formats:
  openmetrics  samples, with their times
  csv          timestamp,metric,value and a column for each label
  ndjson       a line: {"timestamp":T,"metric":M,"labels":{...},"value":V}
  influx       lines of InfluxDB: metric,label=value value=V NANOSECONDS
  hdr          distributions, a log of HdrHistogram with a line a second; tags
               are the series: NAME;LABEL=VALUE;...
  k6           the summary of k6, which GitLab's report of loads reads
  k6-json      k6's JSON output (k6 run --out json): a line a request, with the
               histograms' three digits, at the end of its second
  grafana      a dashboard for our series in Prometheus, to import: of no run
All but the last three come back with perilune import, with the same values,
bit for bit; all but influx with the same names, too. What a format has not is
left out, and said.
Sent with --to URL:
  remote_write Prometheus' remote write 1.0
  influx       InfluxDB's lines, to a bucket (v2) or a database (v1)
  otlp         OpenTelemetry's metrics, to URL/v1/metrics
  otlp_traces  its traces, to URL/v1/traces: requests with a traceparent
  pushgateway  the last value of each series
  graphite     lines with tags, to tcp://HOST:PORT
  statsd       the last value of each series as a gauge, to udp://HOST:PORT
  grafana      annotations: the run's events and phases
Distributions go as summaries of each second.]],
}

local FORMATS = { "openmetrics", "csv", "ndjson", "influx", "hdr", "k6", "k6-json", "grafana" }

local function check_format(format)
  if format == "run" then error({ code = "unsupported", message = "export run is not in this version" }, 0) end
  for _, name in ipairs(FORMATS) do
    if name == format then return end
  end
  if words.find(words.exports, format) then error({ code = "usage", message = ("export %s: give the URL that it is sent to: --to URL"):format(format) }, 0) end
  error({ code = "usage", message = ("export: there is no format %q%s (known: %s)"):format(format, suggest.hint(format, FORMATS), table.concat(FORMATS, ", ")) }, 0)
end

--- Takes pieces: the first one makes the file anew, further ones go behind it.
local function sink_of(place)
  if place == "-" then return function(text) return engine.write("result", text) end end
  local write = file.write
  return function(text)
    local ok, err = write(place, text)
    if not ok then error(err, 0) end
    write = file.append
    return true
  end
end

local OTHER = { hdr = "they are no distributions", ["k6-json"] = "k6 has no such metrics" }

local function say(counts, format, place, metric)
  local what = format == "hdr" and "histograms" or format == "k6-json" and "points" or "samples"
  local line = ("%s %s of %s series"):format(units.format("number", counts.samples), what, units.format("number", counts.series))
  if place ~= "-" then line = line .. " in " .. place end
  if counts.left_out > 0 then line = line .. ("; %s left out: %s has neither NaN nor infinities"):format(units.format("number", counts.left_out), format) end
  if counts.other > 0 then
    line = line .. ("; %s series left out: %s"):format(units.format("number", counts.other), OTHER[format] or "distributions are in the format hdr")
  end
  if counts.series + counts.other == 0 then line = line .. (metric and ("; the run has no metric %q"):format(metric) or "; the run has none") end
  output.tell(line)
end

local PATIENCE = 60
local AFTER_NS = 2000000000 -- the last second of a distribution ends behind the run

local function labels_of(pairs_)
  local labels = {}
  for _, pair in ipairs(pairs_ or {}) do
    local name, value = pair:match "^([%a_][%w_]*)=(.*)$"
    if not name then error({ code = "usage", message = ("--label %s: write K=V"):format(pair) }, 0) end
    labels[name] = value
  end
  return labels
end

--- The secret in a file, without the end of its line.
local function secret_in(path)
  local text, err = file.read(path)
  if not text then error(err, 0) end
  return guard.secret((text:gsub("%s+$", "")))
end

--- Where the export of the run itself ended, or the begin of what it has; and whether there was such an export.
local function begin_of(reader, run, to, place)
  local list, err = reader:series(delivery.cursor, run.id, { to = to, url = place })
  if not list then error(err, 0) end
  local reached = database.range(run)
  for _, series in ipairs(list) do
    local _, values = reader:samples(series.id, run.id)
    reached = math.max(reached, math.floor((values[#values] or 0) * 1e3) * 1000000)
  end
  return reached, #list > 0
end

--- Why nothing was sent.
local function why_nothing(run_exported, metric)
  if run_exported then return "the run's own export had sent it; --all sends it again" end
  return metric and ("the run has nothing of %q in its time; --all sends what lies before, too"):format(metric) or "the run has no samples in its time; --all sends what lies before, too"
end

--- Whose failure it is that not all was delivered: where nobody was asked yet it is what reading the run raised.
local function failure_code(d, err)
  if d.requests == 0 then return err.code end
  return d.answered and "unavailable" or "unanswered"
end

--- Sends the run, and says what became of it.
local function send(o, reader, run)
  local checked = schema.check(words.options.export, { to = o[1], url = o.to, labels = labels_of(o.label), bucket = o.bucket, org = o.org, database = o.database, job = o.job, dashboard = o.dashboard, auth = o.bearer and { bearer = secret_in(o.bearer) } }, "export")
  local place = delivery.place(o.to)
  local host = place:match "^%w+://(.*):%d+$"
  local from_ns, run_exported = delivery.all, false
  if not o.all then from_ns, run_exported = begin_of(reader, run, o[1], place) end
  local d = delivery.new(checked, { run = run.id, from_ns = from_ns, metric = o.metric }, delivery.client(checked, { [host] = true }, { entries = {}, fetch = {} }))
  d.patience = o.patience or PATIENCE
  local to_ns = math.max(run.ended_ns or clock.wall(), (select(2, database.range(run)))) + AFTER_NS
  local ok, err = task.try(d.deliver, d, reader, to_ns)
  if not ok then d.failed = err.message end
  local missing = d:missing(reader, to_ns)
  output.json(o, { schema = "perilune.export/1", run_id = run.ulid, format = o[1], samples = d.sent, refused = d.refused, left_out = d.left_out, missing = missing })
  if not ok or d.refused > 0 then error({ code = failure_code(d, err), message = d:told(missing) }, 0) end
  output.tell(d:told(missing))
  if d.sent + d.left_out + missing == 0 then output.tell(("nothing was sent: %s"):format(o.all and "the run has no samples" or why_nothing(run_exported, o.metric))) end
  return 0
end

--- The summary of k6, all at once.
local function write_summary(o, reader, run)
  local result = database.decoded(run.result) or error({ code = "invalid", message = ("export: the run %s has no result: it did not end"):format(run.ulid) }, 0)
  local place = o.output or "-"
  sink_of(place)(k6_summary.text(reader, run.id, result) .. "\n")
  output.json(o, { schema = "perilune.export/1", run_id = run.ulid, format = "k6" })
  if place ~= "-" then output.tell("the summary of k6 in " .. place) end
  return 0
end

--- The dashboard of Grafana, which is the same for all runs.
local function write_dashboard(o)
  sink_of(o.output or "-")(grafana_dashboard.text() .. "\n")
  if o.output and o.output ~= "-" then output.tell(("the dashboard in %s: Dashboards, New, Import"):format(o.output)) end
  return 0
end

local function write(o, reader, run)
  local place = o.output or "-"
  local sink = sink_of(place)
  if place ~= "-" then sink "" end
  local counts, err = export.write(reader, { format = o[1], run = run.id, metric = o.metric }, sink)
  if not counts then error(err, 0) end
  output.json(o, { schema = "perilune.export/1", run_id = run.ulid, format = o[1], samples = counts.samples, series = counts.series, left_out = counts.left_out, other = counts.other })
  say(counts, o[1], place, o.metric)
  return 0
end

--- Writes or sends the run.
---@param o table
---@return integer
function M.main(o)
  if o.to then
    delivery.system(o[1])
  else
    check_format(o[1])
  end
  local place = o.output or "-"
  if not o.to and place == "-" and o.json == "-" then error({ code = "usage", message = "the export and --json - both want standard output: give one a file" }, 0) end
  output.check("output", place)
  if o[1] == "grafana" and not o.to then return write_dashboard(o) end
  local reader = database.open(o.db)
  local act = o.to and send or o[1] == "k6" and write_summary or write
  return act(o, reader, database.run(reader, o[2] or "last"))
end

return M
