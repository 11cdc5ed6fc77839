local bench = require "battery.bench"
local json = require "perilune.core.json"
local support = require "integration.support"

-- Tests 13 and 14: what the comparison says when nothing changed, and when one thing did.
describe("battery", function()
  local it = bench.asked(it)
  -- How long an idle CPU takes to wake differs from one minute to the next, as a median must not.
  local function row(number, measure) bench.row(number, function() return bench.awake(measure) end) end
  local folder, playbook, port
  -- The server's median; what a comparison looks for; how far two medians, of before and of now, may be from the server's: 20 us each.
  -- A generator is limited from a tenth of the median on: one of a few milliseconds would hold each stall of the machine against it.
  local MEDIAN, LIMIT = 0.040, 0.02
  local APART = 2 * 20e-6 / MEDIAN

  -- A new timeline, in which nothing was compared yet.
  local function begin()
    folder = support.folder()
    playbook = support.write(folder .. "/p.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "same", args = { target = pl.arg.url {} }, objectives = { "p50(latency) < 60s" },
        scenarios = function(args) return { a = { arrivals = pl.even "1000/s", duration = "%s", request = { url = args.target } } } end,
        run = function(run) run:load "a" run:compare { limit = "%g%%" } end }]]):format(bench.short and "1200ms" or "4s", 100 * LIMIT))
  end
  teardown(support.clean)

  -- One review of a server that takes this many times the median, always at the same port; its comparisons, its exit code, the server's
  -- own median.
  local function review(times)
    local truth = bench.truth(("--port %d --delay lognormal:%s,0.2"):format(port or 0, bench.ms(times * MEDIAN)))
    port = truth.port
    local code, out, err = support.shell(("%s%s run %s --target %s --workers 1 --db %s/t.db --json - --quiet"):format(bench.alone, support.perilune, playbook, truth.url, folder), 60)
    local seen = truth.stop()
    local ok, r = pcall(json.decode, out)
    assert(ok, out .. err)
    return r.comparisons, code, seen.service.p50
  end

  -- The server's own, of the reviews of 13.
  local medians = {}

  -- What they grew by to this one, from the mean of the last ten.
  local function growth(median)
    local last = { table.unpack(medians, math.max(1, #medians - 9)) }
    local sum = 0
    for _, m in ipairs(last) do sum = sum + m / #last end
    return median / sum - 1
  end

  -- An alarm is false where the server's own median did not grow by the limit. Each of those compared is one with at most 5 %, so that by
  -- the binomial distribution at_most of them are false alarms in all but one of a hundred batteries: 3 of 13, 4 of 20. A tool whose every
  -- second comparison is one has so few in 5 % and 1 % of them.
  it("13: the same twenty times is no regression", function()
    row(13, function()
      local false_alarms, compared, held_up, told, runs = 0, 0, 0, 0, bench.short and 18 or 28
      begin()
      medians = {}
      for i = 1, runs do
        local comparisons, code, median = review(1)
        local known = comparisons[1] and comparisons[1].noise_known
        compared = compared + (known and 1 or 0)
        held_up = held_up + (code == 4 and 1 or 0)
        told = told + ((known or code == 4) and 1 or 0)
        if known and code == 3 and growth(median) < LIMIT - APART then false_alarms = false_alarms + 1 end
        medians[i] = median
        assert(code == 0 or code == 3 or code == 4, "exit " .. code)
      end
      -- The first ones have too little to be compared with, those that are held up say so.
      local most = bench.at_most(compared, 0.05)
      return ("at most 5 %% false alarms: %d of %d"):format(most, compared), ("%d of %d; %d of %d reviews held up"):format(false_alarms, compared, held_up, runs),
        false_alarms <= most and compared >= runs - 10, false_alarms <= most and told >= runs - 10
    end)
  end)

  -- What the comparison says of a median that grew, what it grew by, the review's exit code. A review whose generator was limited (4)
  -- is no answer, nor one that later ones are compared with.
  local function grown()
    local comparisons, code, median
    for _ = 1, 3 do
      comparisons, code, median = review(1.05)
      if code ~= 4 then break end
    end
    local found = { line = "nothing was compared", ci = {} }
    for _, c in ipairs(comparisons) do
      if c.metric == "p50(latency)" then found = c end
    end
    return found, growth(median), code
  end

  -- Of three intervals of 95 % two miss less than once in a hundred times.
  local MISSED = 1
  it("14: five per cent more is one", function()
    row(14, function()
      local lines, changes, regressions, held, held_up = {}, {}, 0, 0, false
      for i = 1, 3 do
        local found, change, code = grown()
        lines[i], changes[i] = ("%s; exit %d"):format(found.line, code), ("%+.2f %%"):format(100 * change)
        held_up = held_up or code == 4
        if code == 3 and found.verdict == "fail" then regressions = regressions + 1 end
        if found.ci and found.ci[1] and found.ci[1] - APART <= change and change <= found.ci[2] + APART then held = held + 1 end
      end
      return ("three regressions of p50: %s, in their intervals"):format(table.concat(changes, ", ")), table.concat(lines, "; "), regressions == 3 and held >= 3 - MISSED, held_up
    end)
  end)
end)
