-- Does it stay as it is? A steady load for a long time; at the end the last part is held against the first: memory that
-- grows and latency that creeps show here and in no short test.
--
--   perilune run endurance.lua --target http://127.0.0.1:8080 --duration 2h
local pl = require "perilune"

return pl.playbook {
  name = "endurance",
  about = "Steady load for a long time",

  args = {
    target = pl.arg.url { "http://127.0.0.1:8080", help = "base URL of the service" },
    path = pl.arg.string { "/", help = "page that is asked for" },
    rate = pl.arg.rate { "50/s", help = "arrival rate" },
    duration = pl.arg.duration { "30m", help = "how long" },
    drift = pl.arg.ratio { "20%", help = "growth of latency from the first to the last part that matters" },
    p99 = pl.arg.duration { "250ms", help = "objective" },
  },
  needs = { load = { "$target" } },

  objectives = function(args)
    return {
      -- Every window of a minute must hold, not the average of hours.
      args.duration >= 120 and ("p99(latency) < %gs over any 1m"):format(args.p99) or ("p99(latency) < %gs"):format(args.p99),
      "error_ratio < 0.1%",
    }
  end,

  scenarios = function(args)
    local part = function(share) return { arrivals = pl.poisson(args.rate), duration = args.duration * share, request = { url = args.target .. args.path } } end
    return { first = part(0.2), middle = part(0.6), last = part(0.2) }
  end,

  run = function(run)
    run:sample("host", { every = "1s" })
    local first = run:load "first"
    run:load "middle"
    local last = run:load "last"
    local before, after = first:quantile(0.5), last:quantile(0.5)
    if before and after then
      local growth = after / before - 1
      run:record("endurance_latency_growth_ratio", growth)
      run:event("drift", ("median latency changed by %+.1f %% from the first to the last part"):format(growth * 100))
      if growth > run.args.drift then error(("median latency grew by %.0f %%: something fills up or leaks"):format(growth * 100), 0) end
    end
  end,
}
