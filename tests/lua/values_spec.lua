local hist = require "perilune.core.hist"
local json = require "perilune.core.json"
local stats = require "perilune.core.stats"
local task = require "perilune.task"
local ulid = require "perilune.ulid"

describe("bindings", function()
  it("JSON there and back", function()
    local text = json.encode { a = { 1, 2.5, "x" }, b = json.null, c = true }
    local back = json.decode(text)
    assert.same({ 1, 2.5, "x" }, back.a)
    assert.equal(json.null, back.b)
    assert.equal("integer", math.type(back.a[1]))
    assert.equal("[]", json.encode(json.array {}))
    local value, err = json.decode "{"
    assert.is_nil(value)
    assert.is_string(err.message)
  end)
  it("histograms in seconds", function()
    local h = hist.new()
    assert.is_nil(h:quantile(0.5))
    for i = 1, 100 do h:record(i / 1000) end
    assert.is_true(math.abs(h:quantile(0.5) - 0.05) < 1e-4)
    assert.equal(100, h:count())
    local other = hist.new()
    other:add(h)
    assert.equal(50, other:at_most(0.05))
    local low, high, n = h:cells()
    assert.equal(#low, #high)
    assert.is_true(n[1] >= 1)
  end)
  it("comparison", function()
    assert.equal("regressed", stats.compare({ 1, 1.01, 0.99 }, { 2, 2.01, 1.99 }, { limit = 0.05, better = "lower" }).verdict)
    assert.has_error(function() stats.compare({}, { 1 }, { limit = 0.05, better = "lower" }) end)
  end)
  it("identifiers are sorted by time and unlike", function()
    local a, b, later = ulid.new(1e18 // 1 | 0), ulid.new(1e18 // 1 | 0), ulid.new(2e18 // 1 | 0)
    assert.equal(26, #a)
    assert.is_true(a ~= b)
    assert.is_true(a < later)
    assert.is_nil(a:find("[^0-9A-HJKMNP-TV-Z]"))
  end)
end)

describe("tasks", function()
  it("together: all results, or the first failure", function()
    local order = {}
    task.together(function() task.sleep(0.02) order[#order + 1] = "slow" end, function() order[#order + 1] = "fast" end)
    assert.same({ "fast", "slow" }, order)
    local began = task.now()
    assert.has_error(function()
      task.together(function() task.sleep(5) end, function() error("broken") end)
    end)
    assert.is_true(task.now() - began < 2)
  end)
  it("within a deadline", function()
    assert.equal(5, task.within(1, function() return 5 end))
    local ok, err = pcall(task.within, 0.02, function() task.sleep(5) end)
    assert.is_false(ok)
    assert.equal("timeout", err.code)
  end)
  it("thousands at once", function()
    local done, list = 0, {}
    for i = 1, 3000 do
      list[i] = task.spawn(function()
        task.sleep(0.01)
        done = done + 1
      end)
    end
    for _, t in ipairs(list) do t:join() end
    assert.equal(3000, done)
  end)
end)
