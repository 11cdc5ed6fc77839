local json = require "perilune.core.json"
local support = require "integration.support"
local truth = require "integration.truth"

describe("perilune load", function()
  local shop
  setup(function() shop = support.shop() end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  it("offers an even rate and counts every answer", function()
    local code, r, err = support.load(shop.url .. "/ --rate 200/s --duration 2s")
    assert.is_true(support.kept(code), err)
    assert.equal("perilune.load/1", r.schema)
    assert.equal(400, r.starts.planned)
    assert.equal(400, r.starts.started)
    assert.equal(400, r.requests.ok)
    assert.equal(400, r.status["200"])
    assert.is_true(r.rate_per_s.achieved > 100 and r.rate_per_s.achieved < 204, r.rate_per_s.achieved) -- the last ones may come late, none early
    assert.is_true(r.latency_s.p50 > 0 and r.latency_s.p50 < 1)
  end)

  it("agrees with the shop's own log on how many came", function()
    local own = support.shop()
    local code, r = support.load(own.url .. "/products/3 --requests 300 --users 5")
    own:stop()
    assert.equal(0, code)
    assert.equal(300, r.requests.total)
    assert.equal(300, #support.journal(own.journal))
  end)

  it("calls what was in flight at the end aborted, what was not sent cancelled, and neither an error", function()
    local slow = support.shop "--delay constant:500ms"
    local code, r, err = support.load(slow.url .. "/ --rate 40/s -z 2s --connections 4 --grace 200ms --sla 'error_ratio < 1%'")
    slow:stop()
    assert.equal(4, r.requests.aborted, err)
    assert.equal(80, r.starts.started + r.starts.cancelled)
    assert.equal(r.requests.ok + 4, r.starts.started)
    assert.equal(0, r.objectives[1].value)
    assert.is_true(support.kept(code), err)
    assert.equal(4, r.connections.opened)
  end)

  it("warns that Little's law does not hold where users end early", function()
    local script = support.write(support.folder() .. "/quit.lua", 'return function(user) user:get "/" user:think "2ms" if user:random(40) == 1 then user:stop() end end')
    local _, r, err = support.load(shop.url .. "/ --users 12 --duration 2s --script " .. script)
    assert.matches("Little's law does not hold", table.concat(r.generator.warnings, "\n"), 1, true)
    _, r, err = support.load(shop.url .. "/ --users 4 --duration 1s")
    assert.is_nil(table.concat(r.generator.warnings, "\n"):find("Little", 1, true), err)
  end)

  it("stops an open loop after a number of requests", function()
    local _, r, err = support.load(shop.url .. "/ --rate 100/s -n 30")
    assert.equal(30, r.starts.planned, err)
    assert.equal(30, r.requests.ok)
    assert.is_true(math.abs(r.duration_s - 0.3) < 1e-6, r.duration_s)
    local _, p = support.load(shop.url .. "/ --rate 200/s -n 30 -z 10s --arrivals poisson")
    assert.equal(30, p.requests.ok)
    assert.is_true(p.duration_s < 5)
  end)

  it("is a playbook that takes the options as arguments", function()
    local folder = support.folder()
    local code, out, err = support.run(("run playbooks/load.lua --url %s/ --rate 100/s --requests 20 --headers 'A: 1' --sla 'error_ratio < 1%%' --db %s/t.db"):format(shop.url, folder))
    assert.is_true(support.kept(code), err)
    assert.truthy(out:find("error_ratio < 1%%"), out)
  end)

  it("draws Poisson arrivals from the seed", function()
    local _, a = support.load(shop.url .. "/ --rate 400/s --arrivals poisson --duration 500ms --seed 7")
    local _, b = support.load(shop.url .. "/ --rate 400/s --arrivals poisson --duration 500ms --seed 7")
    local planned, differ = a.starts.planned, false
    for seed = 8, 12 do
      local _, other = support.load(("%s/ --rate 400/s --arrivals poisson --duration 500ms --seed %d"):format(shop.url, seed))
      differ = differ or other.starts.planned ~= planned
      -- Five standard deviations of a Poisson count of 200.
      assert.is_true(math.abs(other.starts.planned - 200) < 5 * math.sqrt(200), "planned " .. other.starts.planned)
    end
    assert.equal(planned, b.starts.planned)
    assert.is_true(differ, "five other seeds, and each time as many starts as with seed 7")
    assert.equal(7, a.seed)
  end)

  it("judges objectives and exits with 3", function()
    local code, r = support.load(shop.url .. "/status/404 --rate 50/s --duration 1s --sla 'error_ratio < 1%'")
    assert.equal(3, code)
    assert.equal("fail", r.objectives[1].verdict)
    assert.equal(50, r.errors.status)
    assert.equal(50, r.status["404"])
  end)

  it("takes no refused connection for an achieved request", function()
    local code, r = support.load("http://127.0.0.1:9/ --rate 50/s --duration 1s")
    assert.equal(6, code)
    assert.equal(0, r.rate_per_s.achieved)
    assert.same({ "fail", 0 }, { r.objectives[2].verdict, r.objectives[2].value })
  end)

  it("prints figures among timeouts as beyond their limit", function()
    local slow = support.shop("--delay constant:1500ms")
    local code, out, err = support.run(("load %s/ --rate 30/s --duration 1s --timeout 200ms --sla 'p50(latency) < 100ms' --db %s/t.db"):format(slow.url, support.folder()))
    slow:stop()
    assert.is_true(code ~= 0)
    assert.is_truthy(out:find("p50%(latency%) < 100ms%s+> 20%d ms"), out .. err)
    assert.is_truthy(out:find("p50 > 200 ms", 1, true), out)
    assert.is_truthy(out:find("GET / +30 +30 +> 200 ms +%- +%- +> 200 ms"), out)
    assert.is_truthy(out:find("-: too few samples", 1, true), out)
    assert.is_truthy(err:find("load: even 30/s for 1 s to " .. slow.url, 1, true), err)
  end)

  it("follows stages", function()
    local code, r = support.load(shop.url .. "/ --stages '1s:100/s,1s@50/s'")
    assert.equal(0, code)
    assert.equal(100, r.starts.planned)
  end)

  it("sends methods, headers and bodies", function()
    local code, r = support.load(shop.url .. "/checkout -m POST -d item=7 -H 'X-Test: 1' --requests 10 --users 1")
    assert.equal(0, code)
    assert.equal(10, r.status["201"])
  end)

  it("runs a script a user", function()
    local folder = support.folder()
    local script = support.write(folder .. "/s.lua", [[
      return function(user)
        local cart = user:post("/cart", { form = { item = 5 }, name = "cart" })
        user:check(cart, { status = 200, { "token", function(r) return r:json("token") == "t5" end } })
        user:think "5ms"
        local order = user:post("/checkout", { json = { item = cart:json("items")[1] }, name = "checkout" })
        user:check(order, { status = 201 })
      end]])
    local code, r, err = support.load(shop.url .. " --script " .. script .. " --requests 40 --users 4")
    assert.equal(0, code, err)
    assert.equal(80, r.requests.ok)
    assert.equal(40, r.status["201"])
  end)

  it("classes every failure", function()
    local own = support.shop()
    local function with(trouble)
      support.shell(("curl -s -d %s %s/trouble"):format(trouble, own.url))
      local _, r = support.load(own.url .. "/ --requests 20 --users 2 --timeout 200ms")
      return r
    end
    assert.equal(20, with("reset=1").errors.reset)
    with("reset=0")
    assert.equal(20, with("truncate=1").errors.truncated)
    with("truncate=0")
    assert.equal(20, with("errors=1").errors.status)
    with("errors=0")
    assert.equal(20, with("delay=constant:400ms").errors.timeout)
    own:stop()
  end)

  it("copes with every form of body and with redirects", function()
    for path, want in pairs { ["/chunked?n=100000"] = 200, ["/bytes?n=100000"] = 200, ["/close"] = 200, ["/status/204"] = 204, ["/redirect"] = 200 } do
      local _, r = support.load(shop.url .. "'" .. path .. "' --requests 20 --users 3")
      assert.equal(20, r.requests.ok, path)
      assert.equal(20, r.status[tostring(want)], path)
    end
    local _, head = support.load(shop.url .. "/bytes?n=5000 -m HEAD --requests 5 --users 1")
    assert.equal(5, head.requests.ok)
  end)

  it("calls a worker that polls for the next start on a CPU, and not busy", function()
    local code, r, err = support.load(shop.url .. "/ --rate 2000/s --duration 1s --workers 1 --precise")
    assert.is_true(support.kept(code), err)
    local w = r.generator.workers[1]
    assert.is_true(w.busy > 0 and w.busy < w.cpu_s - 0.05, ("%g busy, %g s of CPU in a second"):format(w.busy, w.cpu_s))
  end)

  it("calls itself the limit where its script kept starts from their moments, also with too few of them for a p99", function()
    local script = support.write(support.folder() .. "/burn.lua", [[
      return function(user)
        if user:random(5) == 1 then for _ = 1, 4000000 do end end
        user:get("/")
      end]])
    local code, r, err = support.load(shop.url .. "/ --rate 200/s --duration 2s --workers 1 --script " .. script .. " --sla 'p90(latency) < 1ms'")
    assert.equal("limited", r.generator.verdict, err)
    assert.matches("starts came late: p95 of the lag", table.concat(r.generator.reasons, "; "), 1, true)
    assert.equal(4, code)
  end)

  it("keeps real time for its workers, and other threads from holding them up", function()
    if support.shell("chrt -f 5 true") ~= 0 then return pending "no right to real time" end
    local folder = support.folder()
    local process = support.start(("chrt -f 5 %s load %s/ --rate 50/s --duration 3s --workers 2 --db %s/t.db --quiet"):format(support.perilune, shop.url, folder))
    local function policies()
      local _, out = support.shell(("for t in /proc/%d/task/*; do echo $(cat $t/comm) $(sed 's/.*) //' $t/stat | cut -d' ' -f39); done"):format(process.pid))
      local seen = {}
      for name, policy in out:gmatch "(%S+) (%d+)\n" do seen[name] = seen[name] or policy end
      return seen["pl-worker-1"] and seen["pl-worker-1"] ~= "0" and seen
    end
    local seen = support.wait_for(policies, 10, "workers in real time")
    process:stop "INT"
    assert.same({ "1", "1", "0", "0" }, { seen["pl-worker-0"], seen["pl-worker-1"], seen["pl-collector"], seen["perilune"] })
  end)

  it("finds the process behind the port", function()
    local _, r = support.load(shop.url .. "/ --rate 500/s --duration 2s")
    assert.equal(shop.pid, r.target.process.pid)
    assert.equal("shop", r.target.process.name)
    assert.is_true(r.colocated)
  end)
end)

-- What a service that stands still does to the numbers, checked against the shop's own log.
describe("coordinated omission", function()
  teardown(support.clean)

  it("a stall of 1 s counts for every start that it met", function()
    local shop = support.shop("--delay constant:5ms --stall 1s:3s")
    local _, r, err = support.load(shop.url .. "/ --rate 1000/s --duration 6s")
    shop:stop()
    assert.equal(6000, r.requests.ok, err)
    assert.equal(6000, r.starts.started)
    -- 1,000 starts waited, evenly from 1 s down to 0: the mean over all is that of the delay and 1/12 s, and of what the machine adds.
    assert.is_true(r.latency_s.mean > 0.005 + 1 / 12 - 0.02, "mean " .. r.latency_s.mean)
    truth.agrees(r.latency_s, support.journal(shop.journal), 1000, r.generator.verdict == "limited")
  end)

  it("a stall at the very end counts too: those in it are waited for", function()
    local shop = support.shop("--delay constant:5ms --stall 2s:3s")
    local _, r, err = support.load(shop.url .. "/ --rate 1000/s --duration 3500ms")
    shop:stop()
    assert.equal(3500, r.requests.ok, err)
    assert.same({ 0, 0, 0 }, { r.starts.cancelled, r.starts.dropped, r.requests.aborted })
    assert.is_true(r.latency_s.p99 > 1, "p99 " .. r.latency_s.p99)
    truth.agrees(r.latency_s, support.journal(shop.journal), 1000, r.generator.verdict == "limited")
  end)

  -- 200 ms every 10 s, in half the time.
  it("a pause of 100 ms every 5 s is the p99", function()
    local shop = support.shop("--delay constant:5ms --pause 100ms:5s")
    local _, open, err = support.load(shop.url .. "/ --rate 1000/s --duration 10s")
    local entries = support.flushed_journal(shop)
    local _, closed = support.load(shop.url .. "/ --users 1 --duration 8s")
    shop:stop()
    assert.equal(10000, open.requests.ok, err)
    -- 2 of 100 starts meet a pause, half of them waits for more than 50 ms.
    assert.is_true(open.latency_s.p99 > 0.04, "open p99 " .. open.latency_s.p99)
    truth.agrees(open.latency_s, entries, 1000, open.generator.verdict == "limited")
    -- One user meets a pause once, however many starts it keeps from being made.
    assert.is_true(closed.latency_s.p99 < open.latency_s.p99, "closed p99 " .. closed.latency_s.p99)
  end)

  it("late starts wait in the queue and are counted, beyond it they are dropped", function()
    local folder = support.folder()
    local shop = support.shop("--delay constant:500ms")
    local playbook = support.write(folder .. "/p.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "q", args = { target = pl.arg.url {} }, errors = "ignore", objectives = { "p99(latency) < 60s" },
        scenarios = function(args) return { a = { arrivals = pl.even "100/s", duration = "2s", max_users = 5, max_waiting = 20, grace = "10s",
          request = { url = args.target .. "/" } } } end,
        run = function(run) run:load "a" end }]])
    local code, out = support.run(("run %s --target %s --db %s/t.db --json -"):format(playbook, shop.url, folder))
    shop:stop()
    local l = json.decode(out).loads[1]
    -- 5 users answer 10 starts a second; 20 wait; within 2 s 5 and 15 more begin: 40 in all, and one round more or, on a busy machine, fewer.
    assert.equal(200, l.starts.planned)
    assert.is_true(l.starts.started >= 25 and l.starts.started <= 45, "started " .. l.starts.started)
    assert.equal(200, l.starts.started + l.starts.dropped + l.starts.cancelled)
    assert.equal(l.starts.started, #support.journal(shop.journal))
    assert.is_true(l.latency_s.max > 1.5, "max " .. l.latency_s.max)
    assert.equal("limited", l.generator.verdict)
    assert.equal(4, code, out) -- the clean percentile of those that were sent proves nothing
  end)
end)
