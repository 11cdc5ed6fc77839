local figures = require "perilune.figures"
local hist = require "perilune.core.hist"

describe("figures of a distribution", function()
  local function of(n, value)
    local h = hist.new()
    for i = 1, n do h:record(value and value(i) or i / 1000) end
    return h
  end

  it("are absent where there is nothing", function()
    assert.same({ count = 0 }, figures.distribution(nil))
    assert.same({ count = 0 }, figures.distribution(hist.new()))
  end)
  -- A quantile from fewer than 10/(1-p) samples is null.
  it("leave out quantiles of too few values", function()
    for n, known in pairs { [19] = {}, [20] = { "p50" }, [100] = { "p50", "p90" }, [999] = { "p50", "p90", "p95" }, [1000] = { "p50", "p90", "p95", "p99" } } do
      local d, expected = figures.distribution(of(n)), {}
      for _, name in ipairs(known) do expected[name] = true end
      for _, name in ipairs { "p50", "p90", "p95", "p99", "p99_9", "p99_99" } do
        assert.equal(expected[name] or false, d[name] ~= nil, ("%s of %d"):format(name, n))
      end
    end
  end)
  it("are nearest ranks, to three digits", function()
    local d = figures.distribution(of(1000))
    for name, value in pairs { p50 = 0.5, p90 = 0.9, p95 = 0.95, p99 = 0.99, min = 0.001, max = 1, mean = 0.5005 } do
      assert.is_true(math.abs(d[name] - value) <= 0.001 * value, ("%s is %g"):format(name, d[name]))
    end
  end)
  it("say which of them are only known to be beyond a timeout", function()
    local d = figures.distribution(of(1000, function(i) return i <= 985 and 0.01 or 30 end), 15, 30)
    assert.equal(30, d.beyond.p99)
    assert.equal(30, d.beyond.max)
    assert.is_nil(d.beyond.p95)
  end)
end)

describe("fewer connections than were asked for", function()
  it("are warned of, and told among the reasons", function()
    local r = { plans = { { model = "closed", max_connections = 2, stages = { { 1, 16, true } } } }, reasons = { "a" }, generator = { warnings = {} },
      stats = { connections_max = 2, planned = 0, late = 0, no_user = 0 } }
    figures.mark_connections(r)
    local line = "connections: 16 users asked for one each, and 2 may be made (see --connections)"
    assert.same({ { "a", line }, { line } }, { r.reasons, r.generator.warnings })
  end)
end)

describe("figures that contradict each other", function()
  local function marked(fields, varied)
    local r = { changed_by_hand = {}, reasons = { "a" }, generator = { warnings = { "b" } }, scenarios = { { name = "x", little = { line = "no" } }, { name = "y", little = {} } } }
    for k, v in pairs(fields or {}) do r[k] = v end
    figures.mark_little(r, varied)
    return r
  end

  it("are warned of, and told among the reasons", function()
    local r = marked()
    assert.same({ "a", "x: no" }, r.reasons)
    assert.same({ "b", "x: no" }, r.generator.warnings)
  end)
  it("are not looked for where the load was stopped or changed on its way", function()
    assert.same({ "a" }, marked({ stopped = { at = 1 } }).reasons)
    assert.same({ "a" }, marked({}, true).reasons)
  end)
end)
