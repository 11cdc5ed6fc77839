local json = require "perilune.core.json"
local support = require "integration.support"

local function by_expr(result)
  local found = {}
  for _, o in ipairs(result.objectives) do found[o.expr] = o end
  return found
end

describe("objectives of a load", function()
  teardown(support.clean)

  it("hold every answer to a measured start, however late", function()
    local shop = support.shop("--delay constant:800ms")
    local code, r, err = support.load(shop.url .. "/ --rate 200/s -z 1500ms --sla 'max(latency) < 500ms' --sla 'p99(latency) < 10s' --sla 'p50(latency) < 10s' --sla 'rate(requests) < 1000/s'")
    shop:stop()
    assert.is_true(code == 3 or code == 4, err)
    assert.equal(300, r.requests.total)
    local found = by_expr(r)
    local max = found["max(latency) < 500ms"]
    assert.equal("fail", max.verdict)
    assert.equal(300, max.samples)
    assert.is_true(math.abs(max.value - r.latency_s.max) < 1e-9)
    assert.is_true(max.value >= 0.8, "max " .. max.value)
    assert.equal(require("perilune.core.json").null, max.ci)
    assert.equal(r.latency_s.p50, found["p50(latency) < 10s"].value)
    assert.is_true(math.abs(found["rate(requests) < 1000/s"].value - r.rate_per_s.achieved) < 1, "rate " .. found["rate(requests) < 1000/s"].value .. " and " .. r.rate_per_s.achieved)
  end)

  it("count each load of a scenario once, and rates by what came in time", function()
    local shop, folder = support.shop("--delay lognormal:300ms,0.8"), support.folder()
    local playbook = support.write(folder .. "/p.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "two", args = { target = pl.arg.url {} },
        objectives = { "sum(requests{scenario='a'}) < 1", "rate(requests{scenario='b'}) < 1/s", "p99(latency) by (scenario) < 1us", "count(latency{scenario='a'}) < 1" },
        scenarios = function(args) return { a = { arrivals = pl.even "100/s", duration = "600ms", request = { url = args.target .. "/" } },
          b = { arrivals = pl.even "100/s", duration = "2s", warmup = "500ms", offset = "300ms", request = { url = args.target .. "/" } } } end,
        run = function(run)
          run:load "a"
          run:load "a"
          run:load { "a", "b" }
        end }]])
    local _, out, err = support.run(("run %s --target %s --db %s/t.db --json -"):format(playbook, shop.url, folder))
    shop:stop()
    local ok, run = pcall(require "perilune.core.json".decode, out)
    assert(ok, err)
    local found, rates = by_expr(run), run.loads[3].rate_per_s.achieved - run.loads[2].rate_per_s.achieved
    assert.equal(180, found["sum(requests{scenario='a'}) < 1"].value)
    assert.equal(180, found["count(latency{scenario='a'}) < 1"].value)
    assert.equal("scenario=b", found["p99(latency) by (scenario) < 1us"].scope:gsub("a$", "b"), "each scenario once")
    assert.is_true(found["rate(requests{scenario='b'}) < 1/s"].value < 100 and math.abs(found["rate(requests{scenario='b'}) < 1/s"].value - rates) < 25)
  end)

  it("agree with the table, and their interval holds the value", function()
    local shop = support.shop("--delay lognormal:5ms,0.7")
    local _, r = support.load(shop.url .. "/ --rate 300/s -z 6s --sla 'p50(latency) < 10s' --sla 'p99(latency) < 10s' --sla 'mean(latency) < 1s'")
    shop:stop()
    local found = by_expr(r)
    for _, q in ipairs { "p50", "p99" } do
      local o, ci = found[q .. "(latency) < 10s"], r.latency_s.ci[q]
      assert.equal(r.latency_s[q], o.value)
      assert.equal(r.latency_s.count, o.samples)
      assert.same(ci, o.ci)
      assert.is_true(ci[1] <= o.value and o.value <= ci[2])
    end
    assert.is_true(math.abs(found["mean(latency) < 1s"].value - r.latency_s.mean) < 1e-9)
  end)

  it("are judged only where their condition holds", function()
    local shop = support.shop()
    local code, r = support.load(shop.url .. "/ --rate 100/s -z 2s --sla 'p50(latency) < 1us when rate(requests) > 100000/s' --sla 'p50(latency) < 1us when rate(requests) > 50/s'")
    shop:stop()
    local found = by_expr(r)
    local never = found["p50(latency) < 1us when rate(requests) > 100000/s"]
    assert.equal("inconclusive", never.verdict)
    assert.matches("its condition never held", never.line, 1, true)
    assert.equal("fail", found["p50(latency) < 1us when rate(requests) > 50/s"].verdict)
    assert.is_true(code == 3 or code == 4)
  end)

  it("count dropped starts, and trust no latency without them", function()
    local shop, folder = support.shop("--delay constant:500ms"), support.folder()
    local playbook = support.write(folder .. "/p.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "q", args = { target = pl.arg.url {} }, errors = "ignore",
        objectives = { "p50(latency) < 60s", "dropped < 10", "dropped_ratio < 99%" },
        scenarios = function(args) return { a = { arrivals = pl.even "100/s", duration = "2s", max_users = 5, max_waiting = 20, grace = "10s",
          request = { url = args.target .. "/" } } } end,
        run = function(run) run:load "a" end }]])
    local _, out, err = support.run(("run %s --target %s --db %s/t.db --json -"):format(playbook, shop.url, folder))
    shop:stop()
    local ok, run = pcall(require "perilune.core.json".decode, out)
    assert(ok, err)
    local found, starts = by_expr(run), run.loads[1].starts
    assert.equal("inconclusive", found["p50(latency) < 60s"].verdict)
    assert.matches("dropped or cancelled", found["p50(latency) < 60s"].line, 1, true)
    assert.equal(starts.dropped + starts.cancelled, found["dropped < 10"].value)
    assert.equal("fail", found["dropped < 10"].verdict)
    assert.equal("pass", found["dropped_ratio < 99%"].verdict)
  end)

  it("see the machine as target and as generator where both are on it", function()
    local shop = support.shop()
    local _, r, err = support.load(shop.url .. "/ --rate 50/s -z 3s --sla \"cpu_utilization{role='target'} < 200%\" --sla \"max(cpu_utilization{role='generator'}) < 200%\" --sla \"cpu_utilization{role='both'} < 200%\" --sla \"cpu_utilization{role='other'} < 200%\"")
    shop:stop()
    for _, o in ipairs(r.objectives) do
      assert.equal(o.expr:find("other", 1, true) and "inconclusive" or "pass", o.verdict, o.expr .. err)
    end
  end)

  it("print a lower bound for a quantile among timeouts", function()
    local shop = support.shop("--delay constant:5s")
    local _, r = support.load(shop.url .. "/ --users 5 --requests 40 --timeout 100ms --sla 'p50(latency) < 50ms'")
    shop:stop()
    assert.matches("> 100 ms", by_expr(r)["p50(latency) < 50ms"].line, 1, true)
    assert.equal("fail", by_expr(r)["p50(latency) < 50ms"].verdict)
  end)
end)

describe("names in objectives", function()
  teardown(support.clean)

  it("are checked before any load", function()
    local shop = support.shop()
    for _, expr in ipairs { "p99(latency{nam='x'}) < 1s", "nosuch_metric_total < 1", "p99(latency) by (nam) < 1s", "p99(latency) by () < 1s", "p99(latency{scenario='nosuch'}) < 1s" } do
      local code, _, err = support.load(("%s/ --rate 10/s -z 1s --sla %s"):format(shop.url, support.quote(expr)))
      assert.equal(2, code, expr .. err)
    end
    shop:stop()
    assert.equal(0, #support.journal(shop.journal))
  end)

  it("may be those of requests whose phases are judged", function()
    local shop, folder = support.shop(), support.folder()
    local playbook = support.write(folder .. "/p.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "phases", errors = "ignore",
        objectives = { "count(load_phase_seconds{phase='wait',name='seldom'}) <= 10", "count(load_phase_seconds{phase='wait',name='often'}) >= 30",
          "count(load_phase_seconds{phase='wait'}) >= 40", "p50(load_phase_seconds{phase='wait',name='seldom'}) < 1s" },
        scenarios = function() return { a = { users = 2, iterations_each = 5, base = "%s", user = function(user)
          user:get("/", { name = "seldom" })
          for _ = 1, 3 do user:get("/", { name = "often" }) end
        end } } end,
        run = function(run) run:load "a" end }]]):format(shop.url))
    local code, out, err = support.run(("run %s --db %s/p.db --json - --quiet"):format(playbook, folder))
    shop:stop()
    local r = json.decode(out)
    assert.equal(10 + 30, r.loads[1].phases_s.wait.count)
    for i, samples in ipairs { 10, 30, 40 } do
      assert.same({ "pass", samples }, { r.objectives[i].verdict, r.objectives[i].value }, out)
    end
    assert.is_true(r.objectives[4].value > 0, err)
    assert.is_true(code == 0 or code == 4, err) -- ten samples are few for a p50
  end)

  it("may be those of own metrics", function()
    local folder = support.folder()
    local playbook = support.write(folder .. "/p.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "own", objectives = { "q < 5", "p90(pause) < 250ms", "later_total < 5" },
        run = function(run)
          run:record("q", 1)
          run:sleep "5ms"
          run:record("q", 3)
          run:record("pause", 0.2)
          assert(run:query("max(q)")[1].value == 3)
          assert(run:query("q")[1].value == 3 and run:query("mean(q)")[1].value == 2)
          assert(#run:query "qq" == 0)
          local began = run:interval()
          local none, err = run:wait_until("q > 5", { timeout = "300ms", try = true })
          assert(none == nil and err.code == "timeout", err.message)
          local waited = run:interval() - began
          assert(waited >= 0.3 and waited < 0.9, waited)
        end }]])
    local code, out, err = support.run(("run %s --db %s/t.db --json -"):format(playbook, folder))
    assert.equal(4, code, out .. err)
    local found = by_expr(require "perilune.core.json".decode(out))
    assert.equal("pass", found["q < 5"].verdict)
    assert.equal("pass", found["p90(pause) < 250ms"].verdict)
    assert.equal("inconclusive", found["later_total < 5"].verdict)
    assert.matches("no such series yet: later_total", err .. out, 1, true)
  end)

  it("must say which instance they mean, before anything is sent", function()
    local shop, folder = support.shop(), support.folder()
    local playbook = support.write(folder .. "/p.lua", [[
      local pl = require "perilune"
      return pl.playbook { name = "two", args = { target = pl.arg.url {} }, objectives = { "cpu_utilization < 100%" },
        scenarios = function(args) return { s = { base = args.target, users = 1, iterations = 1, user = function(user) user:get "/" end } } end,
        run = function(run)
          run:sample("host", { role = "target" })
          run:sample("host", { role = "generator" })
          local none, err = run:query("cpu_utilization", { try = true })
          assert(none == nil and err.message:find("could mean several instances", 1, true))
          assert(run:query "cpu_utilization{role='target'}")
          run:load "s"
        end }]])
    local code, out, err = support.run(("run %s --target %s --db %s/t.db"):format(playbook, shop.url, folder))
    assert.equal(5, code, out .. err)
    assert.matches("write one of cpu_utilization{role='generator'}, cpu_utilization{role='target'}", out .. err, 1, true)
    shop:stop()
    assert.equal(0, #support.journal(shop.journal))
  end)
end)
