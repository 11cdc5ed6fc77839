local crossing = require "perilune.crossing"
local support = require "lua.support"

describe("crossing of a limit", function()
  --- A forecast of ten hours, and paths that cross after the steps p10, p50 and p90.
  local function of(limit, options, steps, fields)
    local r = { mean = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, step = 3600, to = 0, last = 5, largest = 5 }
    for key, value in pairs(fields or {}) do r[key] = value end
    local asked = {}
    local outlook = { crosses = function(_, lo, hi, falls)
      asked.lo, asked.hi, asked.falls = lo, hi, falls
      return { facts = function() return { p10 = steps[1], p50 = steps[2], p90 = steps[3], chance = steps[2] and 0.8 or 0.03 } end, within = function(_, d) return d / 10 end }
    end }
    return crossing.of(r, outlook, limit, options), asked
  end

  it("reads limits: percent are of 1, but of values that no share has, of 100", function()
    assert.same({ 900, 64 * 2 ^ 30, 500, 0.8 }, { crossing.value "900", crossing.value "64GiB", crossing.value "500/s", crossing.value "80%" })
    assert.equal(80, crossing.value("80%", 93.5))
    assert.equal(0.8, crossing.value("80%", 0.93))
    assert.is_nil(crossing.value "many")
    assert.is_nil(crossing.value(0 / 0))
    assert.same({ 80, 90 }, { select(2, of({ lo = "80%", hi = "90%" }, nil, {})).lo, select(2, of({ lo = "80%", hi = "90%" }, nil, {})).hi })
  end)
  it("answers in the unit of the limit", function()
    assert.equal("It does not fall to 20 GiB within the horizon of 10 h (chance 3 %).", of("20GiB", { floor = true }, {}, { last = 2 ^ 40 }).text)
    assert.matches("It is already below 1 MB to 2 MB%.", of({ lo = "1MB", hi = "2MB" }, { floor = true }, {}).text)
    assert.matches("reach 1000 to 2048 within", of({ lo = "1kB", hi = "2KiB" }, nil, {}).text)
    assert.same({ "1.5 GiB", "900" }, { crossing.shown(1.5 * 2 ^ 30, crossing.unit "20GiB"), crossing.shown(900, crossing.unit "900") })
    for _, word in ipairs { "500/s", "80%", "900", "3MiBs", 7 } do assert.is_nil(crossing.unit(word)) end
  end)
  it("gives dates and chances", function()
    local c, asked = of({ rate = 8, lo = 7, hi = 9 }, nil, { 1.5, 3, nil })
    assert.same({ 7, 9, false }, { asked.lo, asked.hi, asked.falls })
    assert.same({ 5400, 10800, 0.2 }, { c.p10, c.p50, c:chance_within "2h" })
    assert.equal("It reaches 7 to 9, p10 1970-01-01T01:30:00Z (in 90 min), p50 1970-01-01T03:00:00Z (in 3 h), p90 not within the horizon; chance within the horizon 80 %.", c.text)
  end)
  it("says that it does not come, that it is there, and from when an old history counts", function()
    assert.equal("It does not fall to 1 within the horizon of 10 h (chance 3 %).", of(1, { floor = true }, {}).text)
    local c = of(4, nil, { 1, 1, 1 })
    assert.same({ true, 0, 0, 0, 1, 1 }, { c.already, c.p10, c.p50, c.p90, c.chance, c:chance_within "1s" })
    assert.equal("It is already above 4.", c.text)
    assert.equal("It is already at 5.", of(5, { floor = true }, { 1, 1, 1 }).text)
    assert.equal("At its last value, of 1970-01-01T00:00:00Z, it was already below 6.", of(6, { floor = true }, { 1 }, { stale = true }).text)
    assert.matches("(3 h after the last value)", of(8, nil, { 1.5, 3, 4 }, { stale = true }).text, 1, true)
  end)
  it("refuses what is no limit", function()
    assert.matches("crosses takes a number", (support.message(of, "many", nil, {})), 1, true)
    assert.matches("crosses takes a number", (support.message(of, { lo = 1 }, nil, {})), 1, true)
    assert.matches("not known: too few steps", (support.message(of, { known = false, why = "too few steps" }, nil, {})), 1, true)
  end)
end)
