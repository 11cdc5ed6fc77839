local pl = require "perilune"
local support = require "lua.support"

local stats = pl.stats
local A, B = { 11.2628, 9.1492, 10.2245, 7.8438, 9.9123 }, { 12.4185, 12.6771, 9.8594, 10.4536, 10.7305, 8.29 }

local function near(wanted, got, tolerance) assert.is_true(math.abs(got - wanted) <= (tolerance or 1e-9) * math.max(1, math.abs(wanted)), ("%.17g, not %.17g"):format(got, wanted)) end

local function refused(text, fn, ...)
  local message, code = support.message(fn, ...)
  assert.matches(text, message, 1, true)
  assert.equal("invalid", code)
end

-- The figures are those of SciPy 1.10 for these samples (tests/fixtures/statistics.py).
describe("tests of two samples", function()
  it("are Welch's", function()
    local w = stats.welch(A, B)
    near(1.2051652217382434, w.t)
    near(8.97995071220609, w.freedom)
    near(0.25893677680320504, w.p)
    near(-0.9300564482800244, w.lo)
    near(3.04938311494669, w.hi)
  end)
  it("are those of ranks", function()
    local r = stats.mann_whitney(A, B)
    assert.same({ 9.0, true }, { r.u, r.exact })
    near(0.32900432900432897, r.p)
    near(0.9869499999999993, r.shift)
    assert.same({ shift = r.shift, lo = r.lo, hi = r.hi }, stats.hodges_lehmann(A, B))
  end)
  it("are Kolmogorov's and Smirnov's, and leave the samples in their order", function()
    local before = table.concat(A, " ")
    local ks = stats.kolmogorov_smirnov(A, B)
    near(0.4666666666666667, ks.d)
    near(0.474025974025974, ks.p)
    assert.is_true(ks.exact)
    assert.equal(before, table.concat(A, " "))
  end)
  it("are Anderson's and Darling's", function()
    local ad = stats.anderson_darling(A, B)
    near(-0.20741414067680608, ad.statistic)
    assert.same({ 0.25, true, false }, { ad.p, ad.at_least, ad.at_most })
  end)
  it("deal values out", function()
    -- Of the 20 ways to deal 1 2 3 and 11 12 13 out, two are as far apart: p = 0.1.
    near(0.1, stats.permutation({ 1, 2, 3 }, { 11, 12, 13 }, { rounds = 20000 }), 0.01)
    assert.equal(stats.permutation(A, B, { seed = 7 }), stats.permutation(A, B, { seed = 7 }))
    assert.equal(1, stats.permutation({ 5, 5 }, { 5, 5, 5 }))
  end)
  it("are Fisher's of shares", function()
    local f = stats.proportions(0, 10, 1, 1)
    assert.is_true(f.exact)
    near(1 / 11, f.p)
    near(1, f.difference)
    assert.equal(1, stats.proportions(0, 5, 0, 9).p)
  end)
  it("are kept to one level together", function()
    -- Benjamini and Hochberg 1995, equation 1: q = min over larger p of n p / rank.
    local q = stats.false_discoveries { 0.01, 0.04, 0.03, 0.5 }
    for i, wanted in ipairs { 0.04, 0.16 / 3, 0.16 / 3, 0.5 } do near(wanted, q[i]) end
  end)
end)

describe("one sample", function()
  it("is described", function()
    local d = stats.describe(A)
    near(9.67852, d.mean)
    near(math.sqrt(1.6272668770000005), d.deviation)
    near(1.9446922179832637, d.qn)
    assert.same({ 5, 7.8438, 11.2628, 9.9123 }, { d.n, d.min, d.max, d.median })
    assert.is_true(d.effective >= 1 and d.effective <= 5)
  end)
  it("has quantiles with intervals of order statistics", function()
    local list = {}
    for i = 1, 100 do list[i] = 101 - i end
    local q = stats.quantile(list, 0.95)
    assert.equal(95, q.value)
    assert.is_true(q.lo < 95 and q.hi > 95 and q.covered >= 0.95 and not q.open_above)
    assert.is_true(stats.quantile({ 1, 2, 3 }, 0.99).open_above)
    assert.is_true(stats.quantile(list, 0.5, { level = "99%" }).hi > stats.quantile(list, 0.5).hi)
    assert.equal(50.5, stats.quantile(list, 0.5).value)
  end)
  it("is drawn again", function()
    local list = {}
    for i = 1, 200 do list[i] = 10 + math.sin(i * 12.9898) end
    local b = stats.bootstrap(list, { rounds = 4000 })
    local d = stats.describe(list)
    near(d.mean, b.value)
    near(d.deviation / math.sqrt(200), b.error, 0.05) -- of a mean: the standard error that theory gives
    assert.same(b, stats.bootstrap(list, { rounds = 4000 }))
    assert.is_true(stats.bootstrap(list, { rounds = 4000, level = 0.5 }).hi < b.hi)
    assert.equal(d.median, stats.bootstrap(list, { of = "median" }).value)
    assert.equal(stats.quantile(list, 0.9).value, stats.bootstrap(list, { of = 0.9 }).value)
  end)
  it("is drawn in blocks where values depend on those before", function()
    local list, level = {}, 0
    for i = 1, 400 do
      level = 0.95 * level + math.sin(i * i)
      list[i] = level
    end
    local single = stats.block_bootstrap(list, { block = 1 })
    local found = stats.block_bootstrap(list)
    assert.is_true(found.hi - found.lo > 2 * (single.hi - single.lo))
  end)
end)

describe("runs of values", function()
  it("have a ratio of quantiles that knows how far runs differ", function()
    local base, slower, one_base, one_slower = {}, {}, {}, {}
    for run = 1, 6 do
      base[run], slower[run] = {}, {}
      for i = 1, 40 do
        local level = 10 * (1 + 0.1 * math.sin(run * 7)) + i / 40
        base[run][i], slower[run][i] = level, 2 * level
        one_base[#one_base + 1], one_slower[#one_slower + 1] = level, 2 * level
      end
    end
    local r = stats.quantile_ratio(base, slower, 0.5, { rounds = 500 })
    near(2, r.value)
    local blind = stats.quantile_ratio({ one_base }, { one_slower }, 0.5, { rounds = 500 })
    assert.is_true(r.hi - r.lo > 2 * (blind.hi - blind.lo))
  end)
end)

describe("a sketch", function()
  it("keeps quantiles to its accuracy, also of merged ones", function()
    local a, b = stats.sketch(), stats.sketch(0.01)
    for i = 1, 500 do a:add(i / 7) end
    local list = {}
    for i = 501, 1000 do list[#list + 1] = i / 7 end
    assert.equal(1000, a:merge(b:add(list)):count())
    for _, p in ipairs { 0.01, 0.5, 0.99 } do near(p * 1000 / 7, a:quantile(p), 0.01) end
    assert.is_true(math.abs(stats.sketch():add { -5, 0, 1e300 }:quantile(0) + 5) <= 0.05)
  end)
  it("is empty at first, and refuses what it cannot hold", function()
    local s = stats.sketch()
    assert.is_nil(s:quantile(0.5))
    refused("value 2 is not finite", s.add, s, { 1, 0 / 0 })
    assert.equal(1, s:count())
    refused("0.001 to 0.5", stats.sketch, 0.9)
    refused("0.001 to 0.5", stats.sketch, "1%")
    refused("have 0.01 and 0.02", s.merge, s, stats.sketch(0.02))
    refused("merged with itself", s.merge, s, s)
    refused("is no quantile", s.quantile, s, 95)
  end)
end)

describe("what has no answer", function()
  local PAIRS = { "welch", "mann_whitney", "hodges_lehmann", "kolmogorov_smirnov", "anderson_darling", "permutation" }
  it("names the value", function()
    for _, word in ipairs(PAIRS) do
      refused(("stats.%s: candidate: value 2 is"):format(word), stats[word], { 1, 2 }, { 1, 0 / 0, 3 })
      refused(("stats.%s: base: value 1 is"):format(word), stats[word], { math.huge, 2 }, { 1, 2 })
      refused(("stats.%s: base has 0 values"):format(word), stats[word], {}, { 1, 2 })
      refused(("stats.%s: base is"):format(word), stats[word], 12, { 1, 2 })
      refused('candidate: value 1 is "x"', stats[word], { 1, 2 }, { "x", 2 })
    end
    for _, word in ipairs { "describe", "bootstrap", "block_bootstrap" } do
      refused("values has 0 values; at least 1 is needed", stats[word], {})
      refused("value 2 is", stats[word], { 1, 0 / 0 })
    end
    refused("at least 2 are needed", stats.welch, { 1 }, { 1, 2 })
    refused("base has 1 value; at least 2 are needed", stats.anderson_darling, { 1 }, { 1, 2 })
  end)
  it("is told of options and counts", function()
    refused("from 0 to 1", stats.quantile, { 1, 2 }, 95)
    refused("level is 1", stats.quantile, { 1, 2 }, 0.5, { level = 1 })
    refused("100 to 100,000", stats.bootstrap, { 1, 2 }, { rounds = 5 })
    refused("did you mean", stats.bootstrap, { 1, 2 }, { round = 500 })
    refused('"mean", "median"', stats.bootstrap, { 1, 2 }, { of = "mode" })
    refused("block is 3", stats.block_bootstrap, { 1, 2 }, { block = 3 })
    refused("5 hits of 4 tries", stats.proportions, 5, 4, 0, 1)
    refused("a side has no tries", stats.proportions, 0, 0, 0, 1)
    refused("hits is 1.5", stats.proportions, 1.5, 4, 0, 1)
    refused("p: value 1 is 2", stats.false_discoveries, { 2 })
    refused("list of runs", stats.quantile_ratio, { 1, 2 }, { { 1 } }, 0.5)
    refused("candidate: run 2: value 1 is -1", stats.quantile_ratio, { { 1 } }, { { 1 }, { -1 } }, 0.5)
    local list = {}
    for i = 1, 3000 do list[i] = i end
    refused("fewer rounds", stats.bootstrap, list, { rounds = 100000 })
    local message = support.message(function() return stats.welsh end)
    assert.matches('pl.stats.welsh: there is no such word; did you mean "welch"?', message, 1, true)
  end)
  it("is no constant, nor two points", function()
    local same, equal = { 5, 5, 5 }, { 5, 5 }
    assert.equal(1, stats.welch(same, equal).p)
    assert.equal(0, stats.welch(same, { 6, 6 }).p)
    assert.equal(1, stats.mann_whitney(same, equal).p)
    assert.same({ shift = 0, lo = 0, hi = 0 }, stats.hodges_lehmann(same, equal))
    assert.same({ d = 0, p = 1, exact = true }, stats.kolmogorov_smirnov(same, equal))
    assert.same({ statistic = 0, p = 0.25, at_most = false, at_least = true }, stats.anderson_darling(same, equal))
    local d = stats.describe(same)
    assert.same({ 0, 0, 5 }, { d.deviation, d.qn, d.median })
    for _, word in ipairs { "bootstrap", "block_bootstrap" } do
      local b = stats[word](same)
      assert.same({ 5, 5, 5, 0 }, { b.value, b.lo, b.hi, b.error })
      b = stats[word] { 7 }
      assert.same({ 7, 7, 7 }, { b.value, b.lo, b.hi })
    end
    local r = stats.quantile_ratio({ { 0, 0 } }, { { 0 } }, 0.5)
    assert.same({ 1, 1, 1 }, { r.value, r.lo, r.hi })
  end)
end)
