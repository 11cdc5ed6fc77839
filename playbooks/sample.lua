-- `perilune sample` runs this playbook: the host, and a process when one is named, for a while.
local pl = require "perilune"

return pl.playbook {
  name = "sample",
  about = "What this machine does.",
  args = {
    every = pl.arg.duration { "1s", help = "interval" },
    duration = pl.arg.duration { "10s", help = "how long" },
    process = pl.arg.string { optional = true, help = "name of a process to look at as well" },
  },
  errors = "ignore",
  run = function(run)
    run:sample("host", { every = run.args.every })
    run:sample("self", { every = run.args.every })
    if run.args.process then run:sample("process", { name = run.args.process, every = run.args.every }) end
    run:sleep(run.args.duration)
  end,
}
