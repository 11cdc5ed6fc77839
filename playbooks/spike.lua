-- What does a burst do, and how long does it take until all is as before? A base load, a jump, and the base load again.
--
--   perilune run spike.lua --target http://127.0.0.1:8080 --base 50/s --spike 500/s
local pl = require "perilune"

return pl.playbook {
  name = "spike",
  about = "A burst, and the way back",

  args = {
    target = pl.arg.url { "http://127.0.0.1:8080", help = "base URL of the service" },
    path = pl.arg.string { "/", help = "page that is asked for" },
    base = pl.arg.rate { "50/s", help = "load before and after" },
    spike = pl.arg.rate { "500/s", help = "load of the burst" },
    calm = pl.arg.duration { "10s", help = "length of the calm parts" },
    burst = pl.arg.duration { "5s", help = "length of the burst" },
    p99 = pl.arg.duration { "1s", help = "objective, burst included" },
  },
  needs = { load = { "$target" } },

  objectives = function(args) return { ("p99(latency) < %gs"):format(args.p99), "error_ratio < 1%" } end,

  scenarios = function(args)
    return {
      visit = {
        -- `at` jumps and holds; `to` would ramp. Poisson arrivals, as independent users come.
        arrivals = pl.poisson(pl.stages {
          { args.calm, at = args.base }, { args.burst, at = args.spike }, { args.calm, at = args.base },
        }),
        request = { url = args.target .. args.path },
        max_users = 5000, -- a burst needs users: they grow by need up to here, then starts wait and are counted
      },
    }
  end,

  run = function(run)
    run:sample("host", { every = "500ms" })
    run:together(
      function() run:load "visit" end,
      function()
        run:sleep(run.args.calm)
        run:event("burst", "burst begins")
        run:sleep(run.args.burst)
        run:event("burst", "burst ends")
      end)
  end,
}
