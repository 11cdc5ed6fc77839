--- perilune serve: the runs as pages, their newest values for Prometheus, a receiver of what others send, as the playbook playbooks/serve.lua.
local engine = require "perilune.core.engine"
local options = require "perilune.options"
local session = require "perilune.session"
local unbegun = require "perilune.unbegun"

local M = {
  name = "serve", section = "Look back", about = "Show the runs in a browser, and take what others send.", usage = "perilune serve [--listen ADDRESS] [--otlp-grpc ADDRESS] [--statsd ADDRESS] [--graphite ADDRESS]", min = 0, max = 0,
  examples = { "perilune serve", "perilune serve --listen 127.0.0.1:0 --duration 10m", "perilune serve --statsd 127.0.0.1:8125 --graphite 127.0.0.1:2003" },
  common = options.RUN,
  options = {
    { name = "listen", value = "ADDRESS", help = "where (default 127.0.0.1:9461); port 0 is any that is free" },
    { name = "otlp-grpc", value = "ADDRESS", help = "take OTLP over gRPC there, such as 127.0.0.1:4317" },
    { name = "statsd", value = "ADDRESS", help = "take StatsD there, over UDP and TCP; or unix:/PATH" },
    { name = "graphite", value = "ADDRESS", help = "take Graphite's lines there, over TCP" },
    { name = "duration", value = "D", help = "how long (default: until a signal)" },
  },
  more = [[
GET /                 the runs, newest first, with their reports
GET /runs/ID          the report of one; also ID.md and ID.json
GET /metrics          the newest values of the runs that go on, none older than
                      five minutes, and for so long the totals of the last run
                      of each name, as OpenMetrics or Prometheus text; of 16
                      runs at the most, those that go on first
POST /api/v1/write    Prometheus' remote write 1.0 and 2.0
POST /v1/metrics, /v1/traces, /v1/logs   OTLP over HTTP
POST /metrics/job/J   Prometheus text, as to a Pushgateway
POST /write, /api/v2/write          InfluxDB's lines
POST /api/v2/spans    Zipkin's spans
A Prometheus that scrapes /metrics and writes here sends back what it was shown,
each time under one more exported_ label: let write_relabel_configs of its
remote_write drop that job.
What is taken belongs to a run of its own, "serve"; a limit is told, not
obeyed silently. Beyond this machine a policy must name the address:
receive = { "10.0.0.5:9461" }. SIGINT and SIGTERM end it: what was taken is
stored; the exit code is 128 + the signal.]],
}

--- Serves until its time is over, or a signal comes.
---@param o table
---@return integer
function M.main(o)
  return (session.run(o, { playbook = "serve", text = assert(engine.source("playbooks/serve.lua")), folder = ".",
    args = { listen = o.listen, otlp_grpc = o.otlp_grpc, statsd = o.statsd, graphite = o.graphite, duration = o.duration }, options = { from_options = {} } }))
end

--- What is left of a run that could not begin.
---@param o table
---@param err any
function M.unbegun(o, err) unbegun.report(o, M.name, err) end

return M
