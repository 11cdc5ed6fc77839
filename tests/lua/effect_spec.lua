local effect = require "perilune.effect"

describe("effects", function()
  local p99 = effect.METRICS[2]

  it("one run a side says that the noise is unknown", function()
    local c = effect.values(p99, { 0.1 }, { 0.101 }, 0.05)
    assert.equal("pass", c.verdict)
    assert.matches("noise unknown", c.line, 1, true)
    assert.matches("^· p99", c.line)
    c = effect.values(p99, { 0.1 }, { 0.2 }, 0.05)
    assert.equal("inconclusive", c.verdict)
    assert.matches("^%? p99", c.line)
  end)
  it("three a side judge", function()
    local c = effect.values(p99, { 0.1, 0.101, 0.099 }, { 0.2, 0.201, 0.199 }, 0.05)
    assert.equal("fail", c.verdict)
    assert.is_true(c.ci[1] > 0.9 and c.p < 0.01)
    assert.equal("pass", effect.values(effect.METRICS[3], { 100, 101, 99 }, { 120, 121, 119 }, 0.05).verdict)
  end)
  it("says how many more runs would decide", function()
    local c = effect.values(p99, { 0.095, 0.105, 0.1 }, { 0.104, 0.114, 0.109 }, 0.05)
    assert.equal("inconclusive", c.verdict)
    assert.matches(("about %d more run%s a side would decide it"):format(c.more, c.more == 1 and "" or "s"), c.line, 1, true)
    assert.matches("2 more runs", effect.values(p99, { 0.1 }, { 0.2 }, 0.05).line, 1, true)
  end)
  it("takes the noise of earlier runs where the sides are too small", function()
    local earlier = { 0.1, 0.102, 0.099, 0.101, 0.1, 0.098, 0.102, 0.1 }
    assert.equal("fail", effect.values(p99, { 0.1 }, { 0.2 }, 0.05, earlier).verdict)
    assert.is_false(effect.values(p99, { 0.1 }, { 0.2 }, 0.05, { 0.1, 0.1 }).noise_known)
  end)

  local function load_of(p99, failed, total)
    return { latency_s = { p50 = 0.01, p99 = p99 }, rate_per_s = { achieved = 100 }, requests = { total = total or 1000, failed = failed or 0 },
      names = { { scenario = "a", name = "cart", p50 = 0.01, p95 = 0.02, p99 = 0.03 }, { scenario = "a", name = "checkout", p50 = 0.01, p95 = 0.02, p99 = p99 } } }
  end
  local function by_metric(base, now, history)
    local list, of = {}, {}
    for _, m in ipairs(effect.metrics_of(now[1])) do
      local c = effect.loads(m, base, now, 0.05, history)
      list[#list + 1] = c
      if c then of[c.metric] = c end
    end
    return of, effect.gate(list)
  end
  it("are those of each request name, too", function()
    local of = by_metric({ load_of(0.1), load_of(0.101), load_of(0.099) }, { load_of(0.2), load_of(0.201), load_of(0.199) })
    assert.equal("fail", of["p99(latency{name='checkout'})"].verdict)
    assert.equal("pass", of["p99(latency{name='cart'})"].verdict)
    assert.is_nil(of["p95(latency)"], "not measured")
    local lines = {}
    effect.each_line({ of["p50(latency{name='cart'})"], of["p99(latency{name='cart'})"], of["p99(latency{name='checkout'})"] }, function(_, line) lines[#lines + 1] = line end)
    assert.equal(2, #lines)
    assert.matches("2 figures of single request names", lines[2], 1, true)
    assert.equal(5, #effect.metrics_of { latency_s = {}, requests = {} })
  end)
  it("have names of any length in lines, without their middle", function()
    local long = load_of(0.1)
    long.names[2].name = "GET /shop/v1/customers/{id}/orders/{order}/positions/{position}/checkout"
    local _, list = by_metric({ long, long, long }, { long, long, long })
    local c = list[#list]
    assert.equal(("p99(latency{name='%s'})"):format(long.names[2].name), c.metric)
    assert.equal(60, utf8.len(effect.shown(c)))
    assert.matches("^p99%(latency{name='GET /shop/v1.*….*/checkout'}%)$", effect.shown(c))
    assert.matches(effect.shown(c), c.line, 1, true)
    assert.equal("p50(latency)", effect.shown(list[1]))
  end)
  it("tell two scenarios with one name apart", function()
    local l = load_of(0.1)
    l.names[2].scenario, l.names[2].name = "b", "cart"
    local found = {}
    for _, m in ipairs(effect.metrics_of(l)) do found[m.name] = true end
    assert.is_true(found["p99(latency{scenario='b',name='cart'})"])
  end)
  it("of failures are tested as counts", function()
    local quiet, base = {}, nil
    for i = 1, 10 do quiet[i] = load_of(0.1, 0) end
    local c = by_metric(quiet, { load_of(0.1, 1) }).error_ratio
    assert.equal("pass", c.verdict)
    assert.is_true(math.abs(c.p - 1 / 11) < 1e-9, "Fisher's exact test")
    c = by_metric(quiet, { load_of(0.1, 6) }).error_ratio
    assert.equal("fail", c.verdict)
    assert.matches("from 0", c.line, 1, true)
    base = { load_of(0.1, 0) }
    c = by_metric(base, { load_of(0.1, 300) }).error_ratio
    assert.same({ "inconclusive", false }, { c.verdict, c.noise_known })
    assert.equal("fail", by_metric(base, { load_of(0.1, 300) }, quiet).error_ratio.verdict)
  end)
  it("say how many runs more would decide what the gate holds back", function()
    local c = effect.values(p99, { 0.1, 0.101, 0.099, 0.102 }, { 0.106, 0.109, 0.107, 0.104 }, 0.05)
    c.verdict = "fail"
    local list = { c }
    for i = 2, 40 do list[i] = effect.values(p99, { 0.1, 0.101, 0.099, 0.102 }, { 0.1, 0.101, 0.099, 0.102 }, 0.05) end
    effect.gate(list)
    assert.equal("inconclusive", c.verdict)
    assert.is_true(c.more >= 1 and c.more <= 20)
    assert.matches(("about %d more run"):format(c.more), c.line, 1, true)
  end)

  -- A run's five figures with this noise (their common part is half of it), at this level.
  local function figures(random, noise, level)
    local function normal() return math.sqrt(-2 * math.log(1 - random())) * math.cos(2 * math.pi * random()) end
    local common, out = normal(), {}
    for i = 1, 5 do out[i] = level * math.exp(noise * (math.sqrt(0.5) * common + math.sqrt(0.5) * normal())) end
    return out
  end
  --- Of so many gates over the five metrics, how many fail: n_base runs against n runs whose level is `level`.
  local function failed_gates(trials, noise, n_base, n, level)
    local failed = 0
    for _ = 1, trials do
      local base, now, list = {}, {}, {}
      for i = 1, n_base do base[i] = figures(math.random, noise, 1) end
      for i = 1, n do now[i] = figures(math.random, noise, level) end
      for k, metric in ipairs(effect.METRICS) do
        local a, b = {}, {}
        for i, f in ipairs(base) do a[i] = f[k] end
        for i, f in ipairs(now) do b[i] = f[k] end
        list[k] = effect.values(metric, a, b, 0.05, a)
      end
      effect.gate(list)
      for _, c in ipairs(list) do
        if c.verdict == "fail" then failed = failed + 1 break end
      end
    end
    return failed
  end
  it("fails a run in which nothing has changed in at most one of a hundred, by all its figures together", function()
    math.randomseed(7)
    for _, noise in ipairs { 0.03, 0.1, 0.3 } do
      assert.is_true(failed_gates(1000, noise, 10, 1, 1) <= 17) -- 1 % and two standard errors
      assert.is_true(failed_gates(400, noise, 5, 5, 1) <= 8)
    end
  end)
  it("finds what is a fifth slower", function()
    math.randomseed(8)
    assert.is_true(failed_gates(200, 0.03, 10, 1, 1.2) >= 190)
  end)
end)
