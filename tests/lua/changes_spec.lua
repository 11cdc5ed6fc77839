local support = require "lua.support"
support.without_run()
local changes = require "perilune.changes"
local inquiry = require "perilune.inquiry"

describe("changes of a history", function()
  local state
  before_each(function() state = 7 end)
  --- Noise from -1 to 1, the same in each test.
  local function noise()
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 1073741824 - 1
  end
  --- A level with noise of two hundredths.
  local function level(out, of, n)
    for _ = 1, n do out[#out + 1] = of * (1 + 0.02 * noise()) end
    return out
  end

  it("are found with what was before and after, how sure that is, and where", function()
    local list = changes.find(level(level({}, 100, 40), 130, 40))
    assert.equal(1, #list)
    local c = list[1]
    assert.equal(40, c.index)
    assert.is_true(math.abs(c.before - 100) < 1 and math.abs(c.after - 130) < 1)
    assert.is_true(c.lo < 30 and c.hi > 30 and c.lo > 25 and c.p < 1e-6)
    assert.is_true(math.abs(c.relative - 0.3) < 0.01)
  end)
  it("are none where nothing changed, or too little is there", function()
    assert.same({}, changes.find(level({}, 5, 200)))
    for _, values in ipairs { {}, { 1 }, { 1, 2 }, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } } do
      assert.same({}, changes.find(values))
      assert.same({}, changes.find(values, { method = "otava" }))
    end
  end)
  it("are those of Otava when that is asked", function()
    local values = { 1.02, 0.95, 0.99, 1.00, 1.12, 1.00, 1.01, 0.98, 1.01, 0.96, 0.5, 0.51, 0.48, 0.48, 0.55, 0.5, 0.49, 0.51, 0.5, 0.49 }
    local list = changes.find(values, { method = "otava", window = 10, max_pvalue = 0.0001 })
    assert.equal(1, #list)
    assert.equal(10, list[1].index)
    assert.matches("infinite", (support.message(changes.find, { 1, math.huge, 1 })), 1, true)
  end)
  it("leave missing values out, and count them in the index", function()
    local values = level(level({}, 100, 40), 130, 40)
    table.insert(values, 11, 0 / 0)
    assert.equal(41, changes.find(values)[1].index)
  end)
  it("are of the level, the trend or the spread", function()
    local steep, spread = {}, {}
    for i = 1, 120 do steep[i] = 2 * i + noise() + (i > 60 and 20 or 0) end
    local c = changes.find(steep)[1]
    assert.same({ "level", 60 }, { c.kind, c.index })
    assert.is_true(math.abs(c.slope_before - 2) < 0.1 and math.abs(c.slope_after - 2) < 0.1 and math.abs(c.effect - 20) < 2)
    for i = 1, 240 do spread[i] = 100 + noise() * (i > 120 and 5 or 1) end
    c = changes.find(spread)[1]
    assert.equal("spread", c.kind)
    assert.is_true(math.abs(c.index - 120) <= 8 and c.after > 3 * c.before)
    assert.is_nil(c.slope_before)
  end)
  it("are found as values come, where the history so far has them", function()
    local values = level(level({}, 100, 40), 130, 40)
    local list = changes.online(values)
    assert.same({ 1, 40 }, { #list, list[1].index })
    assert.is_true(list[1].found >= 44 and list[1].found < 50)
    local then_ = changes.find({ table.unpack(values, 1, list[1].found + 1) })
    assert.same({ then_[1].index, then_[1].p }, { list[1].index, list[1].p })
    local stream = changes.stream()
    assert.same({}, stream:push(1))
    assert.is_nil((stream:push(math.huge)))
  end)
  it("are told as facts", function()
    local facts = changes.facts(changes.find(level(level({}, 10, 30), 5, 30)), function(i) return "t" .. i end)
    assert.equal("t30", facts[1].time)
    assert.is_true(facts[1].change < -4.5 and facts[1].ci[1] <= facts[1].change and facts[1].ci[2] >= facts[1].change)
  end)

  --- A playbook's run, of whose earlier runs the 21st and later ones are slower; run 25 came to no end.
  local function book()
    local reader = {}
    function reader:record(operation, o)
      assert.same({ "runs_recent", "shop" }, { operation, o.name })
      local rows = {}
      for i = 40, 1, -1 do
        rows[#rows + 1] = { id = i, ulid = "R" .. i, started_ns = i * 1000000000, state = i == 40 and "running" or i == 25 and "error" or "passed", labels = ('{"commit":"c%d"}'):format(i) }
      end
      return rows
    end
    return { name = "shop", row = 40, reader = function() return reader end }
  end
  local function ask(options)
    local function query(_, _, o)
      local n = tonumber((o.run or "R40"):match "%d+")
      return { { labels = { name = "a" }, time = 7, value = (n > 20 and 130 or 100) + n % 3 } }
    end
    return support.with(inquiry, { ask = query }, changes.run, book(), "p99(latency)", options)
  end

  it("fall on a run and its commit", function()
    local list = ask { over = "runs" }
    assert.equal(1, #list)
    assert.same({ "R21", "c21", 20, 21 }, { list[1].run, list[1].commit, list[1].index, list[1].time })
    assert.same({ after = "c20", to = "c21" }, list[1].suspects)
    assert.same({ name = "a" }, list[1].labels)
    assert.is_false(list[1].new)
    assert.matches("over = \"time\"", (support.message(ask, { over = "runs", step = "1s" })), 1, true)
    assert.matches("ovr", (support.message(ask, { ovr = "runs" })), 1, true)
  end)
  it("fall on a moment of a run", function()
    local function query(_, _, o)
      local out = {}
      assert.equal(1, o.step)
      for i = 1, 60 do out[i] = { labels = {}, time = 1000 + i, value = (i > 30 and 5 or 2) + i % 3 / 10 } end
      return out
    end
    local list = support.with(inquiry, { ask = query }, changes.run, {}, "cpu_cores")
    assert.same({ 1, 1031 }, { #list, list[1].time })
    assert.is_nil(list[1].run)
  end)
  it("name from where all values are older than the run, as imported ones", function()
    local newest = 1780000000 * 1000000000
    local reader = { record = function(_, name) return { { name = "demand", ns = name == "series_newest" and newest or nil } } end }
    local function why(began, o)
      local run = support.run { reader = function() return reader end, started_ns = began }
      return (support.message(support.with, inquiry, { run = function() return {} end }, changes.run, run, "demand", o))
    end
    assert.matches("newest value of demand is of 2026-05-28T20:26:40.000Z, before the run began: give from", why(newest + 1, { step = "1d" }), 1, true)
    for _, other in ipairs { { newest, {} }, { newest + 1, { from = 0 } } } do assert.is_nil(why(other[1], other[2]):find("newest", 1, true)) end
  end)
  it("name last_over_time where the values of a plain series are too old for wide steps", function()
    local run = support.run { reader = function() return { record = function() return { { name = "demand" } } end } end }
    local function why(expr, o) return (support.message(support.with, inquiry, { run = function() return {} end }, changes.run, run, expr, o)) end
    assert.matches("no values of demand: a step takes a value that is at most 5 minutes old; last_over_time(demand[1d]) takes", why("demand", { step = "1d", from = 0 }), 1, true)
    assert.matches('last_over_time(demand{shop="a"}[90m])', why('demand{shop="a"}', { step = "1.5h", from = 0 }), 1, true)
    for _, other in ipairs { { "demand", { step = "5m" } }, { "demand" }, { "sum(demand)", { step = "1d" } }, { "demnd", { step = "1d" } } } do
      assert.is_nil(why(other[1], other[2]):find("last_over_time", 1, true), other[1])
    end
  end)
end)
