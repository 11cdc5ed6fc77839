local json = require "perilune.core.json"
local support = require "integration.support"

describe("run:query", function()
  local shop, folder
  setup(function() shop, folder = support.shop(), support.folder() end)
  teardown(function()
    shop:stop()
    support.clean()
  end)

  --- Runs a playbook whose run ends with these lines; they keep what they found by `keep(name, value)`. Gives all of it.
  local function found(lines, more)
    local path = support.write(folder .. "/p.lua", ([[
      local pl = require "perilune"
      return pl.playbook { name = "asked", args = { target = pl.arg.url {} }, errors = "ignore",
        scenarios = function(args) return {
          a = { base = args.target, arrivals = pl.even "20/s", duration = "3s", user = function(user) user:get("/", { name = "home" }) user:get("/", { name = "a,b=c" }) end },
          b = { base = args.target, arrivals = pl.even "10/s", duration = "3s", user = function(user) user:get("/", { name = "home" }) end } } end,
        run = function(run)
          local function keep(name, value) run:event("kept", pl.json.encode { name = name, value = value }) end
          %s
        end }]]):format(lines))
    local code, out, err = support.run(("run %s --target %s --db %s/t.db %s"):format(path, shop.url, folder, more or ""))
    assert.is_true(support.kept(code), out .. err)
    local _, rows = support.run(("sql --json --db %s/t.db --run last %s"):format(folder, support.quote "SELECT e.text FROM events e JOIN runs r ON r.id = e.run_id WHERE r.ulid = :run AND e.kind = 'kept' ORDER BY e.id"))
    local kept = {}
    for _, row in ipairs(json.decode(rows).rows) do
      local one = json.decode(row.text)
      kept[one.name] = one.value
    end
    return kept
  end

  it("is what a load on its way tells of its last seconds", function()
    local kept = found [[
      local load = run:load({ "a", "b" }, { wait = false })
      run:wait_until("sum(requests{scenario='b'}) >= 10", { timeout = "20s" })
      keep("last", load:stats "1m")
      keep("short", (select(2, pcall(load.stats, load, "10ms"))).message)
      run:sleep "1s"
      keep("second", load:stats "1s")
      load:wait()
      keep("all", load:stats("1m").requests)]]
    local last = kept.last
    assert.is_true(last.requests >= 50 and last.requests <= 150, last.requests)
    assert.is_true(last.rate > 10 and last.rate <= 100, last.rate) -- 50/s; on a busy machine some come later, and then at once
    assert.equal(0, last.error_ratio)
    assert.is_true(last.p50 > 0)
    assert.is_true(kept.second.requests > 0 and kept.second.requests < kept.all, kept.second.requests)
    assert.is_true(kept.second.rate > 0 and kept.second.p50 > 0)
    assert.equal(150, kept.all)
    assert.matches("load:stats: at least 1s", kept.short, 1, true)
  end)

  it("gives a value for each label set, over what was measured, in steps and of an earlier run", function()
    local kept = found [[
      run:record("depth", 1, { queue = "mail" })
      run:record("depth", 5, { queue = "sms" })
      run:record("depth", 3, { queue = "mail" })
      run:load { "a", "b" }
      keep("depth", run:query "max(depth) by (queue)")
      keep("all", run:query "count(latency) by (name)")
      keep("steps", run:query("sum(requests{scenario='a'})", { step = "1s" }))
      keep("none", run:query("sum(requests{scenario='a'})", { from = "1h", to = "2h" }))
      keep("part", run:query("count(latency{scenario='a'})", { from = run:now() - 3600, to = run:now() }))
      keep("rate", run:query("rate(requests{scenario='a'})", { step = "30s" }))]]
    local depth = {}
    for _, v in ipairs(kept.depth) do depth[v.labels.queue] = v.value end
    assert.same({ mail = 3, sms = 5 }, depth)
    local counts = {}
    for _, v in ipairs(kept.all) do counts[v.labels.scenario .. " " .. v.labels.name] = v.value end
    assert.same({ ["a home"] = 60, ["a a,b=c"] = 60, ["b home"] = 30 }, counts)
    local sum, before = 0, 0
    for _, v in ipairs(kept.steps) do
      assert.is_true(v.time - before >= 1 - 1e-9 and v.value <= 60, "each second once")
      sum, before = sum + v.value, v.time
    end
    assert.equal(120, sum)
    assert.same({}, kept.none)
    assert.same({ 120, "number", 120 }, { kept.part[1].value, kept.part[1].unit, kept.part[1].samples })
    assert.equal(1, #kept.rate)

    local again = found [[keep("earlier", run:query("count(latency{scenario='a'})", { run = "last" }))
      keep("steps", run:query("count(latency) by (scenario)", { run = "asked@last", step = "30s" }))]]
    assert.equal(120, again.earlier[1].value)
    assert.same({ { "a", 120 }, { "b", 30 } }, { { again.steps[1].labels.scenario, again.steps[1].value }, { again.steps[2].labels.scenario, again.steps[2].value } })
  end)
  it("takes PromQL, of the timeline from outside too", function()
    local kept = found [[
      for i = 1, 5 do
        run:record("depth", i, { queue = "mail" })
        run:record("depth", 10 * i, { queue = "sms" })
      end
      run:load "a"
      keep("sum", run:query "sum(depth)")
      keep("share", run:query "100 * depth / on () group_left sum(depth)")
      keep("most", run:query("max_over_time(depth[1m])", { at = run:now() }))
      keep("p100", run:query "histogram_quantile(1, sum by (scenario) (rate(load_latency_seconds[1m])))")
      keep("objective", run:query "max(latency)")
      keep("fastest", run:query("max_over_time(irate(load_starts_total{outcome='started'}[3s])[30s:100ms])", { at = run:now() }))
      keep("steps", run:query("count(depth)", { from = "0s", to = "1h", step = "10m" }))
      local wrong = "sum by (queue) (depth["
      keep("mistake", (select(2, run:query(wrong, { try = true }))).message)]]
    assert.equal(55, kept.sum[1].value)
    assert.same({}, kept.sum[1].labels)
    local share, most = {}, {}
    for _, v in ipairs(kept.share) do share[v.labels.queue] = v.value end
    for _, v in ipairs(kept.most) do most[v.labels.queue] = v.value end
    assert.same({ mail = 5 / 55 * 100, sms = 50 / 55 * 100 }, share)
    assert.same({ mail = 5, sms = 50 }, most)
    assert.equal(kept.objective[1].value, kept.p100[1].value)
    assert.equal("a", kept.p100[1].labels.scenario)
    assert.equal(1, #kept.fastest)
    assert.is_true(kept.fastest[1].value >= 20 and kept.fastest[1].value < 2000, "20 starts in a second, none of them in its first ms: " .. kept.fastest[1].value)
    assert.same({}, kept.steps)
    assert.matches("expected a duration", kept.mistake, 1, true)
    local code, out, err = support.run(("query --db %s/t.db --run asked@last --json - %s"):format(folder, support.quote "sum by (queue) (depth)"))
    assert.equal(0, code, err)
    local answer = json.decode(out)
    assert.equal("vector", answer.resultType)
    local sums = {}
    for _, row in ipairs(answer.result) do sums[row.metric.queue] = row.value[2] end
    assert.same({ mail = "5", sms = "50" }, sums)
  end)
  it("refuses what cannot be", function()
    local kept = found [[
      for name, o in pairs { backwards = { from = "2s", to = "1s" }, many = { step = "1ms", to = "1h" }, zero = { step = "0s" }, words = { from = "soon" }, other = { run = "nobody@last" } } do
        o.try = true
        local _, err = run:query("p50(latency)", o)
        keep(name, err.message)
      end]]
    for name, text in pairs { backwards = "from is not before to", many = "more than 10000 steps", zero = "step is more than 0", words = "from", other = 'no run "nobody@last"' } do
      assert.matches(text, kept[name], 1, true)
    end
  end)
end)
