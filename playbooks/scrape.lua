-- `perilune scrape` runs this playbook: a target of Prometheus, asked at intervals for a while.
local pl = require "perilune"

return pl.playbook {
  name = "scrape",
  about = "What a target of Prometheus exposes.",
  args = {
    url = pl.arg.url { "http://127.0.0.1:9100/metrics", help = "of the target; /metrics where it has no path" },
    every = pl.arg.duration { "1s", help = "interval" },
    duration = pl.arg.duration { "10s", help = "how long" },
    job = pl.arg.string { optional = true, help = "label of its series" },
  },
  errors = "ignore",
  run = function(run)
    local target = run:sample("scrape", { url = run.args.url, every = run.args.every, labels = { job = run.args.job } })
    run:sleep(run.args.duration)
    while target:counts().series == 0 do run:sleep "50ms" end -- the first scrape, which has a timeout
    run:sla { "last(up) >= 1" }
  end,
}
