-- How much does the service take? The arrival rate climbs in steps until the objectives break; the load then stops, and
-- the summary says at which rate the answers fell behind.
--
--   perilune run stress.lua --target http://127.0.0.1:8080 --to 2000/s
local pl = require "perilune"

return pl.playbook {
  name = "stress",
  about = "Climb until it breaks",

  args = {
    target = pl.arg.url { "http://127.0.0.1:8080", help = "base URL of the service" },
    from = pl.arg.rate { "50/s", help = "first step" },
    to = pl.arg.rate { "1000/s", help = "last step" },
    steps = pl.arg.integer { "8", help = "number of steps" },
    step = pl.arg.duration { "10s", help = "length of a step" },
    path = pl.arg.string { "/", help = "page that is asked for" },
    p99 = pl.arg.duration { "500ms", help = "the service is broken beyond this" },
  },
  needs = { load = { "$target" } },

  objectives = function(args)
    return {
      -- "over last 5s" looks at the newest five seconds, so that the step counts and not the whole climb.
      { ("p99(latency) < %gs over last 5s"):format(args.p99), stop = true, after = "5s", why = "answers are too slow" },
      { "error_ratio < 5% over last 5s", stop = true, after = "5s", why = "too many requests fail" },
    }
  end,

  scenarios = function(args)
    -- Each step holds its rate, a little higher than the one before: equal factors, for a service breaks at a factor.
    local stages, factor = {}, (args.to / args.from) ^ (1 / math.max(1, args.steps - 1))
    for i = 1, args.steps do
      stages[i] = { args.step, at = args.from * factor ^ (i - 1) }
    end
    return {
      climb = { arrivals = pl.even(pl.stages(stages)), request = { url = args.target .. args.path }, grace = "10s" },
    }
  end,

  run = function(run)
    run:sample "host"
    local load = run:load "climb"
    if load.stopped then
      run:event("break", ("broke after %.0f s: %s"):format(load.stopped.at, load.stopped.objective))
    else
      run:event("end", "held until the last step")
    end
  end,
}
