local query = require "perilune.core.query"
local step_verdict = require "perilune.step_verdict"
local support = require "lua.support"

describe("the verdict on a step", function()
  --- Judges one objective of `n` samples of which the share above 5 ms is `over`, by rank.
  local function told(expr, n, over)
    local function watch(text, o)
      local p, needed = tonumber(text:match "^p([%d.]+)") / 100, 0
      needed = o.min_samples or math.ceil(10 / (1 - p) - 1e-9)
      local value = math.ceil(p * n - 1e-9) > n - over and 0.009 or 0.001
      return { result = function()
        return { verdict = n < needed and "inconclusive" or value > 0.005 and "fail" or "pass", value = n > 0 and value or nil, samples = n, needed = needed, reason = n < needed and "too few samples" or nil }
      end }
    end
    return support.with(query, { watch = watch }, function() return step_verdict.judge(step_verdict.rows { expr }, function() end) end)
  end

  it("knows how many samples are needed, and how long that takes", function()
    local rows = step_verdict.rows { "p95(latency) < 5ms", { expr = "error_ratio < 1%" }, { expr = "p99(latency) < 5ms", min_samples = 50 } }
    assert.same({ 200, 1, 50 }, { rows[1].needed, rows[2].needed, rows[3].needed })
    -- m - 3 sqrt(m) = 200 at m = 247.2
    assert.equal(25, step_verdict.seconds({ rows[1] }, 10))
    assert.equal(0, step_verdict.seconds({ rows[2] }, 10))
    assert.equal(61, step_verdict.seconds(step_verdict.rows { "p50(latency) < 5ms over any 60s" }, 1000))
  end)
  it("takes the rank that lies above a quantile with 2.5 % at most", function()
    -- Binomial(100, 0.5): P(X <= 39) = 0.0176, P(X <= 40) = 0.0284; Binomial(20, 0.95): P(X <= 16) = 0.0159, P(X <= 17) = 0.0755.
    assert.equal(40, step_verdict.lowest_rank(100, 0.5))
    assert.equal(17, step_verdict.lowest_rank(20, 0.95))
    assert.equal(0, step_verdict.lowest_rank(3, 0.5))
    -- Far from underflow: Binomial(90000, 0.9999) fails 9 times in the mean, at most 15 of 97.8 %.
    assert.equal(90000 - 15, step_verdict.lowest_rank(90000, 0.9999))
  end)
  it("does not take few samples for a quantile that holds", function()
    local r = told("p95(latency) < 5ms", 100, 0)
    assert.same({ "few", "p95(latency) < 5ms", "too few samples", 100 }, { r.verdict, r.expr, r.reason, r.samples })
    assert.equal("pass", told("p95(latency) < 5ms", 200, 0).verdict)
    assert.equal("few", told("p95(latency) < 5ms", 0, 0).verdict)
  end)
  it("tells of few samples that a quantile is broken where the interval lies beyond the limit", function()
    assert.equal("fail", told("p95(latency) < 5ms", 20, 4).verdict) -- rank 17 of 20
    assert.equal("few", told("p95(latency) < 5ms", 20, 3).verdict)
    assert.equal("fail", told("p99(latency) < 5ms", 100, 60).verdict)
    assert.equal("few", told("p50(latency) < 5ms", 3, 3).verdict)
  end)
  it("lets the first objective that is broken decide, then what cannot be told", function()
    local function of(...)
      local list, at = table.pack(...), 0
      local rows = step_verdict.rows { "error_ratio < 1%", "mean(latency) < 1s" }
      local function watch() at = at + 1; local r = list[at]; return { result = function() return r end } end
      return support.with(query, { watch = watch }, step_verdict.judge, rows, function() end)
    end
    assert.same({ verdict = "fail", expr = "mean(latency) < 1s", value = 2 }, of({ verdict = "pass", value = 0, samples = 9 }, { verdict = "fail", value = 2, samples = 9 }))
    assert.same({ verdict = "pass", value = 0 }, of({ verdict = "pass", value = 0, samples = 9 }, { verdict = "pass", value = 2, samples = 9 }))
    -- Lost starts, not few samples: nothing that a longer step would mend.
    assert.same({ verdict = "fail", expr = "error_ratio < 1%", value = 0, reason = "lost" }, of({ verdict = "inconclusive", value = 0, samples = 9, reason = "lost" }))
  end)
end)
