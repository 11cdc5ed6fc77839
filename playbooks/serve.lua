-- `perilune serve` runs this playbook: the runs of a timeline as pages, their newest values for Prometheus, and what others send as series of
-- this run.
local pl = require "perilune"

return pl.playbook {
  name = "serve",
  about = "The runs as pages and metrics, and a receiver of what others send.",
  args = {
    listen = pl.arg.string { "127.0.0.1:9461", help = "address and port; port 0: any that is free" },
    otlp_grpc = pl.arg.string { optional = true, help = "OTLP over gRPC is taken at this address, too" },
    statsd = pl.arg.string { optional = true, help = "StatsD is taken at this address, too" },
    graphite = pl.arg.string { optional = true, help = "Graphite's lines are taken at this address, too" },
    duration = pl.arg.duration { optional = true, help = "how long; until it is stopped" },
  },
  errors = "ignore",
  run = function(run)
    run:receive {
      listen = run.args.listen, pages = true,
      remote_write = true, otlp = true, push = true, influx = true, zipkin = true,
      otlp_grpc = run.args.otlp_grpc, statsd = run.args.statsd, graphite = run.args.graphite,
    }
    if run.args.duration then return run:sleep(run.args.duration) end
    while true do run:sleep "1h" end
  end,
}
