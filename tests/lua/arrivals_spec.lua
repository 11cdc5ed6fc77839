local arrivals = require "perilune.arrivals"
local support = require "lua.support"

local function read(a, duration) return arrivals.arrivals(a, duration, "s", {}, "s") end

describe("arrivals", function()
  it("are constant", function()
    assert.same({ law = "even", stages = { { 0, 500, true } } }, read(arrivals.even "500/s"))
  end)
  it("have stages: ramps and jumps", function()
    local a = read(arrivals.poisson(arrivals.stages { { "30s", to = "100/s" }, { "5m", at = "200/s" }, { "10s", "50/s" } }))
    assert.equal("poisson", a.law)
    assert.equal(340, a.seconds)
    assert.same({ { 30, 100, false }, { 300, 200, true }, { 10, 50, false } }, a.stages)
  end)
  it("of users are whole numbers", function()
    local stages = arrivals.read(arrivals.stages { { "1s", at = 5 } }, "users", "users")
    assert.same({ { 1, 5, true } }, stages)
    assert.matches("number of users", support.message(arrivals.read, "many", "users", "users"), 1, true)
  end)
  it("are refused", function()
    assert.matches("give either", support.message(arrivals.stages, { { "1s", to = "1/s", at = "1/s" } }), 1, true)
    assert.matches("unknown key", support.message(arrivals.stages, { { "1s", too = "1/s" } }), 1, true)
    assert.matches("a list", support.message(arrivals.stages, {}), 1, true)
    assert.matches("a rate is missing", support.message(read, arrivals.even(arrivals.curve(function() end)), 5), 1, true)
  end)
  it("take a series in order of time, with a number at each", function()
    assert.equal(3, read(arrivals.trace { { time = 2, value = 3 }, { time = 5, value = 0 } }).seconds)
    assert.matches("at least two", support.message(arrivals.trace, { { time = 1, value = 3 } }), 1, true)
    assert.matches("point 2: {", support.message(arrivals.trace, { { time = 1, value = 3 }, { time = 2 } }), 1, true)
    assert.matches("point 2: {", support.message(arrivals.trace, { { time = 1, value = 3 }, { time = 2, value = -1 } }), 1, true)
    for _, value in ipairs { 0 / 0, math.huge } do
      assert.matches("point 2: {", support.message(arrivals.trace, { { time = 1, value = 3 }, { time = 2, value = value } }), 1, true)
    end
    assert.matches("point 3 lies before", support.message(arrivals.trace, { { time = 1, value = 3 }, { time = 4, value = 3 }, { time = 2, value = 3 } }), 1, true)
  end)
  it("share a trace over generators: all shards together are its starts, and last as long", function()
    local folder = support.file("t.csv", "time\n0\n1\n2\n3\n4\n5\n6\n"):match "(.*)/"
    local function shard(text, options)
      local o = options or {}
      o.shard = text
      local a = arrivals.arrivals(arrivals.trace("t.csv", o), nil, "s", { folder = folder }, "s")
      local seconds = {}
      for at = 1, #a.trace, 8 do seconds[#seconds + 1] = string.unpack("=I8", a.trace, at) / 1e9 end
      return seconds, a
    end
    local first, a = shard "1/3"
    assert.same({ 0, 3, 6 }, first)
    assert.same({ 1, 4 }, (shard "2/3"))
    assert.same({ 0, 1 }, { a.shard, select(2, shard "2/3").shard })
    assert.same({ 2, 5 }, (shard "3/3"))
    assert.equal(7, a.seconds)
    assert.same({ { 7, 1 / 3, true } }, a.stages)
    local _, looped = shard("2/3", { speed = 2, loop = true })
    assert.equal(3.5, looped.trace_period)
    assert.matches("its 7 starts are fewer than 9 shards", support.message(shard, "8/9"), 1, true)
    for _, wrong in ipairs { "0/3", "4/3", "2", "a/b", "1/0", "1/99999" } do
      assert.matches("is no part of a whole", support.message(arrivals.trace, "t.csv", { shard = wrong }), 1, true)
    end
    local half = read(arrivals.trace({ { time = 0, value = 8 }, { time = 2, value = 4 } }, { shard = "2/2" }))
    assert.same({ { 0, 4, true }, { 2, 2, false } }, half.stages)
    assert.equal(1, half.shard)
    support.clean()
  end)
  it("loop a series until the scenario ends, where that takes no more stages than there may be", function()
    local short = arrivals.trace({ { time = 0, value = 3 }, { time = 1, value = 3 } }, { loop = true })
    assert.equal(5, read(short, 5).seconds)
    assert.matches("s: the series has 1 s", support.message(read, short, 1e6), 1, true)
    local none = arrivals.trace({ { time = 0, value = 3 }, { time = 0, value = 3 } }, { loop = true })
    assert.matches("s: the series has 0 s", support.message(read, none, 5), 1, true)
  end)
end)
