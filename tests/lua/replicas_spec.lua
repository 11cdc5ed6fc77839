local replicas = require "perilune.replicas"
local support = require "lua.support"

describe("run:replicas", function()
  local function need(o) return replicas.run(support.run {}, o) end
  local DAY = 86400
  --- A demand that grows by 100 a day, known to +- 20 %.
  local function growing(n)
    local f = { time = {}, mean = {}, lo = {}, hi = {}, level = 0.95, to = 0, last = 450 }
    for i = 1, n do f.time[i], f.mean[i], f.lo[i], f.hi[i] = i * DAY, 400 + 100 * i, (400 + 100 * i) * 0.8, (400 + 100 * i) * 1.2 end
    return f
  end

  it("divides what is certain, with headroom and what may be lost", function()
    local r = need { demand = 1000, per_replica = "100/s" }
    assert.is_true(r.known)
    assert.equal(10, r.now)
    assert.equal(14, need({ demand = 1000, per_replica = 100, headroom = "30%", survive = 1 }).replicas)
    assert.equal(5, need({ demand = 1000, per_replica = { known = true, rate = 400, replicas = 2 } }).replicas)
    assert.equal(12, need({ demand = { 1000, 1200, 900 }, per_replica = 100 }).replicas)
  end)
  it("says when more are needed: the most until then", function()
    local r = need { demand = growing(14), per_replica = 100, chance = 0.975 }
    assert.equal(5, r.now)
    assert.equal(6, r:at "1d") -- 500 and 20 % more
    assert.equal(22, r:at "14d") -- 1800 and 20 % more, 21.6
    assert.equal(22, r.replicas)
    assert.same({ step = 1, time = DAY, replicas = 6 }, r.steps[1])
    local most, beyond = r:at "15d"
    assert.equal(22, most)
    assert.matches("ends at 1970-01-15", beyond, 1, true)
    assert.matches("at", (support.message(r.at, r, "soon")), 1, true)
    assert.equal(18, need({ demand = growing(14), per_replica = 100, chance = 0.5 }).replicas)
  end)
  it("notes a time beyond the forecast, and counts from an old demand's last value", function()
    local run, demand = support.run {}, growing(3)
    demand.stale, demand.to = true, DAY / 2
    local r = replicas.run(run, { demand = demand, per_replica = 100 })
    assert.equal(r.replicas, r:at "90d")
    assert.matches("replicas: the forecast ends at 1970-01-04", run.notes[1], 1, true)
    assert.matches("^At the demand's last value, of 1970%-01%-01T12:00:00Z, 5 replicas, at most ", r:explain())
  end)
  it("explains", function()
    local text = need({ demand = growing(3), per_replica = { rate = 100, lo = 90 }, headroom = "30%", survive = 1 }):explain()
    assert.matches("^Now 8 replicas, at most ", text)
    assert.matches("a demand of 700, up to 840 with 95 %, and 30 % more with a chance of 9", text, 1, true)
    assert.matches("a replica carries 100 (90 to 100)", text, 1, true)
    assert.matches("1 of them may be lost at a time.", text, 1, true)
    assert.matches("a demand of 500, where a replica carries 120, both taken as certain.", need({ demand = 500, per_replica = 120 }):explain(), 1, true)
    assert.matches("a demand of 500 with a chance of 9.*, where a replica carries 100 %(80 to 120%)%.$", need({ demand = 500, per_replica = { rate = 100, lo = 80, hi = 120 } }):explain())
  end)
  it("says what is not known, with numbers that scale nothing", function()
    assert.matches("per_replica: 150 does not lie between its lo, 160, and its hi, 170", (support.message(need, { demand = 1000, per_replica = { rate = 150, lo = 160, hi = 170 } })), 1, true)
    local r = need { demand = 1000, per_replica = { known = false, why = "too few steps" } }
    assert.is_false(r.known)
    assert.equal(0, r.now)
    assert.equal(0, r:at "14d")
    assert.matches("not known: too few steps", r:explain(), 1, true)
    assert.matches("too loosely", need({ demand = 1000, per_replica = { rate = 100, lo = 1 }, chance = 0.99 }).why, 1, true)
    assert.equal("a demand of up to 1e+15 takes more replicas than can be counted", need({ demand = 1e15, per_replica = 1 }).why)
  end)
  it("refuses what is no demand or no chance", function()
    local function refused(o) return (support.message(need, o)) end
    assert.matches("demand is a forecast", refused { demand = {}, per_replica = 1 }, 1, true)
    assert.matches("step 2 is no number", refused { demand = { 1, 0 / 0 }, per_replica = 1 }, 1, true)
    assert.matches("per_replica is a rate", refused { demand = 1, per_replica = "many" }, 1, true)
    assert.matches("not later", refused { demand = { mean = { 1, 2 }, time = { 5, 5 } }, per_replica = 1 }, 1, true)
    assert.matches("chance lies", refused { demand = 1, per_replica = 1, chance = 0.2 }, 1, true)
    assert.matches("survive", refused { demand = 1, per_replica = 1, survive = -1 }, 1, true)
    assert.matches("demand", refused { per_replica = 1 }, 1, true)
    assert.matches("needs a demand with times", (support.message(function() need({ demand = 5, per_replica = 1 }):at "1d" end)), 1, true)
  end)
end)
