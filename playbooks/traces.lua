-- Where does the time of slow requests go, service by service?
--   perilune run playbooks/traces.lua --target http://127.0.0.1:8080 --html report.html
-- Each request carries a W3C traceparent, so that the services behind the target make spans of it, and send them here:
--   OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318
-- or as Zipkin's to http://127.0.0.1:4318/api/v2/spans. The report draws the slowest requests as waterfalls.
local pl = require "perilune"

return pl.playbook {
  name = "traces",
  about = "Where the time of slow requests goes, by the spans of the services behind a target.",
  args = {
    target = pl.arg.url { "http://127.0.0.1:8080", help = "base URL of the service" },
    path = pl.arg.string { "/", help = "what is asked for" },
    rate = pl.arg.rate { "20/s", help = "arrival rate" },
    duration = pl.arg.duration { "30s", help = "of the load" },
    listen = pl.arg.string { "127.0.0.1:4318", help = "where the services send their spans: address and port" },
    settle = pl.arg.duration { "6s", help = "wait for the last spans: SDKs of OpenTelemetry send every 5 s" },
  },

  objectives = { "error_ratio < 1%" },

  scenarios = function(args)
    return {
      traced = {
        arrivals = pl.poisson(args.rate), duration = args.duration,
        request = { url = args.target .. args.path },
        defaults = { trace = true },             -- the traceparent
      },
    }
  end,

  run = function(run)
    local receiver = run:receive { listen = run.args.listen, otlp = true, zipkin = true }
    run:load "traced"
    run:sleep(run.args.settle)

    -- A run without spans has answered nothing.
    if receiver:counts().spans == 0 then error(("no span came to %s: do the services behind %s send theirs there?"):format(receiver.url, run.args.target), 0) end

    -- Operations, longest on the critical paths first; what is recorded stays as series.
    for i, e in ipairs(run:traces {}) do
      local labels = { service = e.service, operation = e.operation, kind = e.kind }
      run:record("trace_operation_p99_seconds", e.p99, labels)
      run:record("trace_operation_critical_seconds", e.critical, labels)
      if i <= 5 then print(("%-40s p99 %8.1f ms  self %6.2f s  critical %6.2f s"):format(e.service .. " " .. e.operation, e.p99 * 1e3, e.self, e.critical)) end
    end
  end,
}
