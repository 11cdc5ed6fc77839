local bench = require "battery.bench"
local support = require "integration.support"
local task = require "perilune.core.task"

local scaled, ms, row, time = bench.scaled, bench.ms, bench.row, bench.time

describe("battery", function()
  local it = bench.asked(it)
  teardown(support.clean)

  -- Whether a result says that its generator was held up.
  local function limited(r) return r.generator.verdict == "limited" end

  -- A stall of a sixtieth of a run, in its middle: of starts at one rate, a hundredth waits for more than 0.4 of it.
  local function stall(seconds) return ("--delay constant:10ms --stall %s:%s"):format(ms(seconds / 60), ms(seconds / 2)) end
  -- A pause of a fiftieth of the time: a hundredth waits for more than half of it.
  local function pause(every) return ("--delay constant:10ms --pause %s:%s"):format(ms(every / 50), ms(every)) end

  -- What a peer's p99 shows of waits of which a hundredth is longer than this.
  local function tells_of(wait)
    return function(figures)
      if not figures.p99 then return "says no p99" end
      return figures.p99 > 0.01 + wait / 2 and "shows it" or "hides it"
    end
  end

  -- Seconds that each peer has.
  local PEER_LONG, PEER = bench.short and 2 or 10, bench.short and 1 or 4

  it("1: a stall counts for every start that it met", function()
    row(1, function()
      local truth = bench.truth("--rate 1000 " .. stall(scaled(60)))
      local r = bench.load(truth, ("--rate 1000/s --duration %s --workers 1"):format(ms(scaled(60))))
      local seen = truth.stop()
      return bench.quantiles(seen.intended), bench.quantiles(r.latency_s), bench.agree(r.latency_s, seen.intended, { "p50", "p90", "p99", "p99_9" }) and
        r.latency_s.count == scaled(60000)
    end, function() bench.others(stall(PEER_LONG), PEER_LONG, 1000, tells_of(0.4 * PEER_LONG / 60)) end)
  end)

  it("2: so does a pause every ten seconds", function()
    row(2, function()
      local truth = bench.truth("--rate 1000 " .. pause(scaled(10)))
      local r = bench.load(truth, ("--rate 1000/s --duration %s --workers 1"):format(ms(scaled(30))))
      local seen = truth.stop()
      return bench.quantiles(seen.intended), bench.quantiles(r.latency_s), bench.agree(r.latency_s, seen.intended, { "p50", "p90", "p99", "p99_9" })
    end, function() bench.others(pause(PEER_LONG / 3), PEER_LONG, 1000, tells_of(0.5 * PEER_LONG / 3 / 50)) end)
  end)

  it("3: a server that takes half of the rate is saturated", function()
    row(3, function()
      local seconds = scaled(20)
      local truth = bench.truth("--rate 1000 --delay constant:10ms --cap 5")
      local r, code = bench.load(truth, ("--rate 1000/s --duration %s --workers 1 --grace 60s --timeout 60s"):format(ms(seconds)))
      local seen = truth.stop()
      local ours = ("%s; target %s, exit %d"):format(bench.quantiles(r.latency_s), r.target.verdict, code)
      return ("%s; saturated, exit 3"):format(bench.quantiles(seen.intended)), ours,
        r.target.verdict == "saturated" and code == 3 and bench.agree(r.latency_s, seen.intended, { "p50", "p90", "p99" }),
        limited(r) and not bench.hides(r.latency_s, seen.intended, { "p50", "p90", "p99" })
    end, function()
      -- The last answers within the time were asked for when half of it was over.
      bench.others("--delay constant:10ms --cap 5", PEER, 1000, tells_of(PEER / 2))
    end)
  end)

  -- All but fifty of the five hundred starts of the stall wait for a user: they reach p90 of the short form, p99 of the long one.
  it("4: too few users delay starts, whose waits count", function()
    row(4, function()
      local truth = bench.truth(("--rate 1000 --delay constant:10ms --stall 500ms:%s"):format(ms(scaled(15))))
      local r = bench.play(truth, ('arrivals = pl.even "1000/s", duration = "%s", max_users = 50, max_waiting = 100000, request = { url = args.target }'):format(ms(scaled(30))))
      local seen = truth.stop()
      local ours = ("%s; %d late, %d dropped, generator %s"):format(bench.quantiles(r.latency_s), r.starts.late, r.starts.dropped, r.generator.verdict)
      return bench.quantiles(seen.intended), ours,
        r.starts.late > 0 and bench.agree(r.latency_s, seen.intended, { "p50", "p90", "p99", "p99_9" })
    end)
  end)

  -- A load in the background, with fn while it goes; its result.
  local function during(truth, options, fn)
    local folder = support.folder()
    local process = support.start(("%s%s load %s --db %s/t.db --json %s/r.json --events %s/events --quiet %s"):format(
      bench.alone, support.perilune, truth.url, folder, folder, folder, options))
    local events = folder .. "/events"
    support.wait_for(function() return support.exists(events) and support.read(events):find('"type":"progress"', 1, true) end, 20, "progress")
    fn(process)
    support.wait_for(function() return not process:alive() end, 120, "the end of the load")
    return require("perilune.core.json").decode(support.read(folder .. "/r.json"))
  end

  it("5: a generator that was stopped says so, and does not blame the server", function()
    row("5a", function()
      local truth = bench.truth("--delay constant:1ms")
      local r = during(truth, ("--rate 1000/s --duration %s --workers 1"):format(bench.short and "4s" or "10s"), function(process)
        support.shell(("kill -STOP %d"):format(process.pid))
        task.sleep(0.5)
        support.shell(("kill -CONT %d"):format(process.pid))
      end)
      local seen = truth.stop()
      return ("lag to 500 ms, limited; service p50 %s, p90 %s"):format(time(seen.service.p50), time(seen.service.p90)),
        ("lag max %s, %s; service p50 %s, p90 %s, p99 %s"):format(time(r.schedule_lag_s.max), r.generator.verdict, time(r.service_s.p50), time(r.service_s.p90), time(r.service_s.p99)),
        r.schedule_lag_s.max > 0.45 and r.generator.verdict == "limited" and bench.agree(r.service_s, seen.service, { "p50" }) and r.service_s.p99 < 0.25
    end)
  end)

  it("5: a generator without CPU says so", function()
    row("5b", function()
      local truth = bench.truth("--delay constant:1ms")
      local hogs = {}
      for i = 1, 3 do hogs[i] = support.start(bench.own_cpu .. "sh -c 'while :; do :; done'") end
      local r = bench.load(truth, ("--rate 5000/s --duration %s --workers 1"):format(bench.short and "3s" or "10s"), bench.own_cpu)
      for _, hog in ipairs(hogs) do hog:stop("KILL") end
      local seen = truth.stop()
      return ("limited, or service p99 %s"):format(time(seen.service.p99)),
        ("%s, lag p99 %s, service p99 %s"):format(r.generator.verdict, time(r.schedule_lag_s.p99), time(r.service_s.p99)),
        r.generator.verdict == "limited" or math.abs(r.service_s.p99 - seen.service.p99) < 0.1 * seen.service.p99
    end)
  end)

  -- The folder of a new group, version 2 or 1, that gets a fifth of a CPU, before others do, and no more; nil where none can be made.
  local function quota()
    local code, out = support.shell([[
      if grep -qw cpu /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
        g=/sys/fs/cgroup/perilune-battery; echo +cpu >/sys/fs/cgroup/cgroup.subtree_control && mkdir -p $g && echo "20000 100000" >$g/cpu.max && echo 10000 >$g/cpu.weight && echo $g
      elif [ -d /sys/fs/cgroup/cpu ]; then
        g=/sys/fs/cgroup/cpu/perilune-battery; mkdir -p $g && echo 100000 >$g/cpu.cfs_period_us && echo 20000 >$g/cpu.cfs_quota_us && echo 262144 >$g/cpu.shares && echo $g
      else exit 1; fi 2>/dev/null]])
    return code == 0 and out:match("^(%S+)%s*$") or nil
  end

  it("5: a generator in a group of a fifth of a CPU says so", function()
    row("5c", function()
      local group = quota()
      if not group then
        print("5c  | no group of processes can be made here: not tested")
        return
      end
      local truth = bench.truth("--delay constant:100us")
      local r = bench.load(truth, ("--rate 20000/s --duration %s --workers 1"):format(bench.short and "3s" or "10s"), ("sh -c 'echo $$ >%s/cgroup.procs; exec \"$@\"' sh "):format(group))
      local seen = truth.stop()
      support.shell("rmdir " .. group)
      local reasons = table.concat(r.generator.reasons, "; ")
      return ("limited by throttling; service p99 %s"):format(time(seen.service.p99)), ("%s: %s; service p99 %s"):format(r.generator.verdict, reasons, time(r.service_s.p99)),
        r.generator.verdict == "limited" and reasons:find("throttl") ~= nil
    end)
  end)

  for _, rate in ipairs { 1000, 10000, 50000 } do
    it(("6: a server of 100 us at %d a second"):format(rate), function()
      row("6", function()
        local truth, transit = nil, nil
        local r = bench.awake(function()
          transit = bench.transit "--delay constant:100us"
          truth = bench.truth("--delay constant:100us")
          return bench.load(truth, ("--rate %d/s --duration %s --workers 1 %s"):format(rate, bench.short and "2s" or "10s", rate < 50000 and "--precise" or ""))
        end)
        local seen = truth.stop()
        local apart = r.service_s.p50 - seen.service.p50
        return ("%d/s: p50 %s, mean %s (the server's), within 20 us of what comes to a bare client: %s more"):format(rate, time(seen.service.p50), time(seen.service.mean), time(transit)),
          ("p50 %s, mean %s; %s apart; generator %s"):format(time(r.service_s.p50), time(r.service_s.mean), time(apart), r.generator.verdict),
          math.abs(apart - transit) < 20e-6 and not bench.hides(r.service_s, seen.service, { "p50" }), limited(r)
      end, rate == 1000 and function()
        bench.awake(function()
          bench.others("--delay constant:100us", PEER, rate, function(figures, seen)
            local of = figures.p50 and "p50" or "mean"
            return ("%s %s apart"):format(of, time(math.abs(figures[of] - seen.service[of])))
          end)
        end)
      end or nil)
    end)
  end

  it("7: percentiles of eight workers merge exactly", function()
    row(7, function()
      local truth = bench.truth("--delay bimodal:1ms,500ms,0.02")
      local r = bench.load(truth, ("--rate %d/s --duration %s --workers 8"):format(bench.short and 5000 or 20000, bench.short and "10s" or "500s"), "nice -n -19 ")
      local seen = truth.stop()
      return bench.quantiles(seen.service), bench.quantiles(r.service_s) .. "; generator " .. r.generator.verdict,
        bench.agree(r.service_s, seen.service, { "p50", "p99", "p99_9" }), limited(r) and not bench.hides(r.service_s, seen.service, { "p50", "p99", "p99_9" })
    end)
  end)

  it("8: Poisson arrivals are so at the server", function()
    -- 19 of 20 blocks of 400 gaps pass both tests, as far as so few tell.
    local function pass(passed, blocks) return blocks - passed <= bench.at_most(blocks, 0.05) end
    row(8, function()
      local options, seconds, gap = "--rate 5000 --delay constant:100us", bench.short and 3 or 30, 1 / 5000
      local truth = bench.truth(options)
      local r = bench.load(truth, ("--rate 5000/s --arrivals poisson --duration %ds --workers 1 --precise"):format(seconds))
      local seen = truth.stop()
      -- A block of 400 passes while arrivals are within some 10 us of their moments; all gaps together would tell one of 2 us.
      -- One in which the machine stood still says nothing of a tool.
      local g = seen.gaps
      local stalled = bench.stalled(g.failed)
      local blocks = g.blocks - stalled
      local ok, disturbed = blocks > g.blocks / 2 and pass(g.passed, blocks), nil
      if not ok then -- what a bare client reaches in the same minute
        local bare = bench.bare_gaps(options, 5000, seconds)
        disturbed = not pass(bare.passed, bare.blocks) and ("of a bare client's blocks %d of %d pass"):format(bare.passed, bare.blocks) or nil
      end
      return "19 of 20 blocks of 400 gaps pass Anderson-Darling and Kolmogorov-Smirnov at 1 %",
        ("%d of %d, %d more while the machine stood still; over all %d gaps %.1f (3.857), %.2f (1.628); lag p50 %s p99 %s"):format(g.passed, blocks, stalled, g.count, g.anderson_darling, g.kolmogorov_smirnov,
          time(r.schedule_lag_s.p50), time(r.schedule_lag_s.p99)), ok, limited(r) or r.schedule_lag_s.p99 > gap, disturbed
    end)
  end)

  it("9: a step of the wall clock changes nothing", function()
    row(9, function()
      local code, out, err = support.shell("build/battery/test_load_clock_step")
      return "no latency changes at a step of -3 s", ("%d of 1 tests passed"):format(select(2, (out .. err):gsub("%[       OK %]", ""))), code == 0
    end)
  end)

  -- Resident memory of a process in MB, every so many seconds from one share of the load to another.
  local function memory_of(process, seconds, from, to, every)
    local list = {}
    task.sleep(seconds * from)
    for _ = seconds * from, seconds * to, every do
      list[#list + 1] = tonumber(support.read(("/proc/%d/status"):format(process.pid)):match("VmRSS:%s+(%d+)")) / 1024
      task.sleep(every)
    end
    return list
  end

  local function median_step(list)
    local steps = {}
    for i = 2, #list do steps[i - 1] = list[i] - list[i - 1] end
    table.sort(steps)
    return steps[#steps // 2 + 1]
  end

  -- A tool that keeps its samples grows by 8 bytes of each for each of its metrics. Ours grows while rare values still touch new counters
  -- of its histograms, which the long form, from minute 2 on, tells from that. What a stall of the machine costs comes at once, samples
  -- come all the time: in the short form the median second counts.
  it("10: a long run does not grow", function()
    local seconds = bench.short and 20 or 1200
    row(10, function()
      local truth, memory = bench.truth("--delay none"), nil
      local r = during(truth, ("--rate 20000/s --duration %ds --workers 1"):format(seconds), function(process)
        memory = memory_of(process, seconds, bench.short and 0.2 or 0.1, 0.9, bench.short and 1 or 10)
      end)
      truth.stop()
      local least, most = math.min(table.unpack(memory)), math.max(table.unpack(memory))
      local within = bench.short and median_step(memory) * 1024 * 1024 < 40 * 20000 or most <= 1.02 * memory[1] and least >= 0.98 * memory[1]
      return bench.short and "less than 40 bytes a sample" or "within 2 % of minute 2", ("%.1f MB, then %.1f to %.1f MB; %d requests"):format(memory[1], least, most, r.requests.total),
        within and r.requests.total > 15000 * seconds
    end)
  end)

  it("11: connections that the server closes are counted, and connecting is in the latency", function()
    local options = "--delay constant:1ms --close 0.05"
    row(11, function()
      local truth = bench.truth(options)
      local r = bench.load(truth, ("--rate 1000/s --duration %s --workers 1"):format(ms(scaled(20))))
      local seen = truth.stop()
      return ("%d connections, %d closed, no failure"):format(seen.accepted, seen.closed),
        ("%d opened, %d connects timed, %d failed"):format(r.connections.opened, r.phases_s.connect.count, r.requests.failed),
        r.connections.opened == seen.accepted and r.phases_s.connect.count >= seen.closed and r.requests.failed == 0 and seen.closed > 0
    end, function()
      bench.others(options, PEER, 1000, function(figures, seen)
        return ("%d closed, %s"):format(seen.closed, figures.failed == 0 and "no failure" or "failures of its own")
      end)
    end)
  end)

  it("12: truncated, reset and empty answers are failures", function()
    local options = "--delay constant:1ms --truncate 0.02 --empty 0.02 --reset 0.02"
    row(12, function()
      local truth = bench.truth(options)
      local script = support.write(support.folder() .. "/s.lua", [[
        return function(user)
          local a = user:get("/")
          user:check(a, { { "body", function(r) return r:find("truth") ~= nil end } })
        end]])
      local r = bench.load(truth, ("--rate 1000/s --duration %s --workers 1 --script %s"):format(ms(scaled(20)), script))
      local seen = truth.stop()
      local function broken(t) return t.truncated + t.reset end
      return ("%d truncated, %d reset after the head, %d empty of %d"):format(seen.truncated, seen.reset, seen.empty, seen.requests),
        ("%d truncated, %d reset, %d failed the check of %d"):format(r.errors.truncated, r.errors.reset, r.errors.check, r.requests.total),
        broken(r.errors) == broken(seen) and r.errors.check == seen.empty and r.requests.total == seen.requests
    end, function()
      bench.others(options, PEER, 1000, function(figures, seen)
        local broken = seen.truncated + seen.reset
        return ("%s %d broken, %d empty"):format(figures.failed >= 0.9 * broken and "shows" or "hides", broken, seen.empty)
      end)
    end)
  end)
end)
