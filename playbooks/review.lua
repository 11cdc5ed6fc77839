-- A review of a running service: what the host does at rest and under load, how the service answers at the rate you
-- expect, whether the objectives hold, and what changed against the runs before. Start here, then copy it.
--
--   perilune run review.lua --target http://127.0.0.1:8080 --rate 200/s
local pl = require "perilune"

return pl.playbook {
  name = "review",
  about = "Performance review of a running service",

  args = {
    target = pl.arg.url { "http://127.0.0.1:8080", help = "base URL of the service" },
    rate = pl.arg.rate { "100/s", help = "arrival rate of users that you expect at peak" },
    duration = pl.arg.duration { "20s", help = "length of the load" },
    paths = pl.arg.string { "/", help = "pages that a user asks for in turn, separated by commas" },
    p99 = pl.arg.duration { "250ms", help = "objective: 99 % of the requests are answered within this time" },
    limit = pl.arg.ratio { "10%", help = "a change against earlier runs that matters" },
  },
  needs = { load = { "$target" } },

  -- Objectives are data: watched while the load runs, judged at its end, drawn in the report.
  objectives = function(args)
    return {
      ("p99(latency) < %gs"):format(args.p99),
      "error_ratio < 1%",
      -- A broken service is not hurt further: the load stops.
      { "error_ratio < 50% over last 5s", stop = true, after = "5s", why = "most requests fail" },
    }
  end,

  scenarios = function(args)
    local paths = {}
    for path in args.paths:gmatch("[^,%s]+") do paths[#paths + 1] = path end
    return {
      visit = {
        -- Independent users arrive at random (Poisson): what a service on the Internet sees. Their latency counts from
        -- the moment at which they meant to come, also when the service was too slow to take them.
        arrivals = pl.poisson(args.rate),
        duration = args.duration,
        warmup = args.duration >= 10 and "2s" or 0,
        base = args.target,
        user = function(user)
          for _, path in ipairs(paths) do
            local answer = user:get(path)
            user:check(answer, { { "answered in full", function(a) return a.ok end } })
          end
        end,
      },
    }
  end,

  run = function(run)
    -- What the machine does without us: the baseline that the load is seen against. The process that listens at the
    -- target is found and sampled without being asked, when it runs on this machine.
    run:sample("host", { every = "500ms" })
    run:sample("self")
    run:phase("at rest", function() run:sleep "2s" end)

    run:phase("under load", function() run:load "visit" end)

    run:phase("afterwards", function() run:sleep "1s" end)

    -- Against the last comparable runs that passed. One run cannot know how much two runs differ by chance, so it only
    -- tells the change; with three runs a side, or eight before, it judges.
    run:compare { with = "recent", limit = run.args.limit }
  end,
}
