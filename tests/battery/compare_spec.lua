local bench = require "battery.bench"
local json = require "perilune.core.json"
local support = require "integration.support"

-- Tests 13 and 14: what the comparison says when nothing changed, and when one thing did.
describe("battery", function()
  local it = bench.asked(it)
  local folder, playbook, port
  -- A new timeline, in which nothing was compared yet.
  local function begin()
    folder = support.folder()
    playbook = support.write(folder .. "/p.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "same", args = { target = pl.arg.url {} }, objectives = { "p50(latency) < 60s" },
        scenarios = function(args) return { a = { arrivals = pl.even "1000/s", duration = "%s", request = { url = args.target } } } end,
        run = function(run) run:load "a" run:compare { limit = "2%%" } end }]]):format(bench.short and "1200ms" or "4s"))
  end
  teardown(support.clean)

  -- One review of a server of this delay, always at the same port; its comparisons, its exit code, the server's own median.
  local function review(delay)
    local truth = bench.truth(("--port %d --delay lognormal:%s,0.2"):format(port or 0, delay))
    port = truth.port
    local code, out, err = support.shell(("%s%s run %s --target %s --workers 1 --db %s/t.db --json - --quiet"):format(bench.alone, support.perilune, playbook, truth.url, folder), 60)
    local seen = truth.stop()
    local ok, r = pcall(json.decode, out)
    assert(ok, out .. err)
    return r.comparisons, code, seen.service.p50
  end

  local medians = {}

  it("13: the same twenty times is no regression", function()
    bench.row(13, function()
      local regressions, compared, runs = 0, 0, bench.short and 18 or 28
      begin()
      for i = 1, runs do
        local comparisons, code, median = review "10ms"
        medians[i] = median
        local known = comparisons[1] and comparisons[1].noise_known
        compared = compared + (known and 1 or 0)
        if known and code == 3 then regressions = regressions + 1 end
        assert(code == 0 or code == 3 or code == 4, "exit " .. code)
      end
      -- The first ones have too little to be compared with. At 5 % more than 3 of 20 come once in 60 honest batteries.
      return "at most 5 % false alarms: 3 of 20", ("%d of %d"):format(regressions, compared), regressions <= 3 and compared >= runs - 10
    end)
  end)

  it("14: five per cent more is one", function()
    bench.row(14, function()
      -- A review whose generator was limited (4) is no answer, nor one that later ones are compared with.
      local comparisons, code, median
      for _ = 1, 3 do
        comparisons, code, median = review "10500us"
        if code ~= 4 then break end
      end
      local before = 0
      for i = #medians - 9, #medians do before = before + medians[i] / 10 end
      local found = { line = "nothing was compared" }
      for _, c in ipairs(comparisons) do
        if c.metric == "p50(latency)" then found = c end
      end
      local injected = median / before - 1
      local ci = found.ci or {}
      return ("p50 %+.1f %%: a regression, in its interval"):format(100 * injected), ("%s; exit %d"):format(found.line, code),
        code == 3 and found.verdict == "fail" and ci[1] ~= nil and ci[1] <= injected and injected <= ci[2]
    end)
  end)
end)
