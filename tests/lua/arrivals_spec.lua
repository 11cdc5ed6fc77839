local arrivals = require "perilune.arrivals"
local support = require "lua.support"

local function read(a) return arrivals.arrivals(a, nil, "s", {}, "s") end

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
    assert.matches("needs a forecast", support.message(arrivals.predicted, {}), 1, true)
  end)
end)
