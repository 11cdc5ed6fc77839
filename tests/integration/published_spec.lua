local json = require "perilune.core.json"
local support = require "integration.support"

-- What a careful reader asks of every load, beside its figures.
describe("each load publishes", function()
  local r, page
  setup(function()
    local shop, folder = support.shop("--delay bimodal:1ms,20ms,0.1"), support.folder()
    local code, out, err = support.run(("load %s/ --rate 100/s --arrivals poisson --duration 11s --workers 2 --db %s/t.db --html %s/r.html --json -"):format(shop.url, folder, folder))
    r, page = json.decode(out), support.read(folder .. "/r.html")
    support.ended(code, r, err)
  end)
  teardown(support.clean)

  it("the interval of each quantile that has enough samples, and no quantile that has too few", function()
    for _, field in ipairs { "latency_s", "service_s" } do
      local d = r[field]
      for _, q in ipairs { "p50", "p90", "p95", "p99" } do
        local ci = d.ci[q]
        if d[q] == json.null then
          assert.is_true(ci == nil or ci == json.null)
        else
          assert.is_true(ci[1] <= d[q] and d[q] <= ci[2], q)
        end
      end
      assert.equal(json.null, d.p99_9)
      assert.is_nil(d.ci.p99_9)
      assert.equal("table", type(d.few_seconds))
    end
    assert.is_truthy(page:find("95 %% intervals of the latency: p50"))
  end)

  it("achieved starts of the planned, and how far it was behind", function()
    assert.equal(r.starts.started / r.starts.planned, r.starts.achieved)
    assert.is_true(r.starts.behind.most >= 0 and r.starts.behind.at_s >= 0)
    assert.is_true(r.schedule_lag_s.p50 <= r.schedule_lag_s.max)
  end)

  it("whether arrivals fit their law, over all workers", function()
    local fit = r.scenarios[1].arrivals_fit
    assert.is_true(fit.gaps > 900 and fit.gaps < r.starts.started)
    assert.is_true(fit.mean > 0.7 and fit.mean < 1.3 and fit.cv > 0.5)
    assert.is_true(fit.p >= 0 and fit.p <= 1 and fit.ks > 0 and fit.ks < 1)
    assert.is_truthy(page:find("fit a Poisson law", 1, true))
  end)

  it("what the system gave it, its clock and its connections", function()
    local g = r.generator
    for _, w in ipairs(g.workers) do assert.is_true(w.run_queue_s >= 0 and w.switches.waited > 0 and w.switches.preempted >= 0) end
    assert.is_true(#g.workers == 2 and g.retransmits >= 0 and math.abs(g.clock.max_step_s) < 1)
    assert.is_true(r.connections.opened >= 1 and r.connections.max_open >= 1)
    assert.is_true(g.ports.available > 0 and g.ports.waiting >= 0)
    for _, what in ipairs { "datagrams", "segments", "connections" } do assert.is_true(g.dropped[what] >= 0, what) end
    assert.is_truthy(page:find("TCP segments were sent again", 1, true))
    assert.is_truthy(page:find("were held by closed connections", 1, true))
  end)

  it("what it adds itself, against a server that does nothing", function()
    local l = r.generator.loopback_s
    assert.is_true(l.count == 0 and l.max == json.null or l.max > 0)
    if l.p50 ~= json.null then
      assert.is_true(l.p50 <= l.max)
      assert.is_truthy(page:find("A server that does nothing took", 1, true))
    end
  end)

  it("every phase as a distribution", function()
    for phase, count in pairs { connect = r.connections.opened, send = r.requests.ok, wait = r.requests.ok, receive = r.requests.ok } do
      assert.equal(count, r.phases_s[phase].count, phase)
    end
  end)

  it("whether its seconds are steady", function()
    local s = r.steadiness
    assert.is_true(s.seconds >= 11 and math.abs(s.lag1) <= 1 and s.kpss >= 0 and s.warmup_s == 0)
    assert.equal(s.kpss < 0.463, s.stationary)
    assert.is_truthy(page:find("KPSS", 1, true))
  end)
end)
