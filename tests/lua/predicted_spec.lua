local predicted = require "perilune.predicted"
local scenario = require "perilune.scenario"
local support = require "lua.support"

describe("predicted arrivals", function()
  local day = 86400
  local forecast = { time = { 5 * day, 6 * day, 8 * day }, mean = { 10, -4, 40 }, lo = { 1, 2, 3 }, hi = { 20, 20, 80 } }
  local function plan(arrivals, duration) return scenario.plan("s", { arrivals = arrivals, duration = duration, user = print }) end

  it("follow the forecast, on its own clock, and nothing comes below 0", function()
    local p = plan(predicted.arrivals(forecast))
    assert.equal("poisson", p.law)
    assert.same({ { 0, 10, true }, { day, 0, false }, { 2 * day, 40, false } }, p.stages)
  end)
  it("run through it in less time at the rates that it predicts", function()
    local p = plan(predicted.arrivals(forecast, { within = "30s", of = "hi", share = "50%" }))
    assert.same({ { 0, 10, true }, { 10, 10, false }, { 20, 40, false } }, p.stages)
    assert.near(30, p.duration, 1e-9)
    local _, starts = scenario.volume(p)
    assert.near(100 + 500, starts, 1e-6)
  end)
  it("are of one point, too", function() assert.same({ { 0, 7, true }, { 1, 7, false } }, plan(predicted.arrivals { time = { 5 }, mean = { 7 } }).stages) end)
  it("need a forecast that is one", function()
    local function why(...) return support.message(predicted.arrivals, ...) end
    assert.matches("what run:forecast gave", why "soon", 1, true)
    assert.matches("give a forecast", why {}, 1, true)
    assert.matches("not known: too short", why { known = false, why = "too short" }, 1, true)
    assert.matches("1 to 100000 points", why { time = {}, mean = {} }, 1, true)
    assert.matches("point 2: a time", why { time = { 1, 2 }, mean = { 1 } }, 1, true)
    assert.matches("point 2: a time", why { time = { 1, 2 }, mean = { 1, 0 / 0 } }, 1, true)
    assert.matches("point 2 is not later", why { time = { 1, 1 }, mean = { 1, 2 } }, 1, true)
    assert.matches('did you mean "within"', why(forecast, { withn = "1s" }), 1, true)
    assert.matches("mean, lo, hi", why(forecast, { of = "median" }), 1, true)
    assert.matches("above 0", why(forecast, { within = 0 }), 1, true)
  end)
end)
