local json = require "perilune.core.json"
local support = require "integration.support"

-- What a careful reader asks of every load, beside its figures.
describe("each load publishes", function()
  local r, page
  setup(function()
    local shop, folder = support.shop("--delay bimodal:1ms,20ms,0.1"), support.folder()
    local code, out, err = support.run(("load %s/ --rate 100/s --arrivals poisson --duration 11s --workers 2 --db %s/t.db --html %s/r.html --json -"):format(shop.url, folder, folder))
    assert.equal(0, code, err)
    r, page = json.decode(out), support.read(folder .. "/r.html")
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

  it("whether its seconds are steady", function()
    local s = r.steadiness
    assert.is_true(s.seconds >= 11 and math.abs(s.lag1) <= 1 and s.kpss >= 0 and s.warmup_s == 0)
    assert.equal(s.kpss < 0.463, s.stationary)
    assert.is_truthy(page:find("KPSS", 1, true))
  end)
end)
