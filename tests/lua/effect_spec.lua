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
