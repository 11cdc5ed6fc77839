-- `perilune import FORMAT FILE` runs this playbook: a file of another tool onto the timeline, as a run of its own.
local pl = require "perilune"

return pl.playbook {
  name = "import",
  about = "Takes a file of another tool onto the timeline.",
  args = {
    format = pl.arg.choice { choices = { "csv", "ndjson", "openmetrics", "prometheus", "hdr", "influx", "graphite", "sar", "iostat", "vmstat" }, help = "what the file is" },
    file = pl.arg.string { help = "in this playbook's folder; - is standard input" },
    metric = pl.arg.string { optional = true, help = "name of values that have none" },
    unit = pl.arg.choice { "ns", choices = { "ns", "us", "ms", "s" }, help = "hdr: what the histograms count in" },
    at = pl.arg.string { optional = true, help = "time of samples that have none" },
    instance = pl.arg.string { optional = true, help = "label of series that have none" },
    role = pl.arg.choice { "other", choices = { "generator", "target", "both", "other" }, help = "whose figures these are" },
    origin = pl.arg.choice { "production", choices = { "synthetic", "production" }, help = "of a test or of real users" },
  },
  errors = "ignore",
  run = function(run)
    local a = run.args
    local got = run:import(a.format, a.file, { metric = a.metric, unit = a.unit, at = a.at, instance = a.instance, role = a.role, origin = a.origin })
    if got.taken == 0 then error({ code = "too_few", message = got.path .. ": nothing to import: the file has no rows" }, 0) end
  end,
}
