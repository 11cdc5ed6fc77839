local json = require "perilune.core.json"
local steadiness = require "perilune.steadiness"

describe("the steadiness of a load", function()
  local function notes(s) return steadiness.notes { steadiness = s } end

  it("is doubted where its beginning lies apart, and says what would leave it out", function()
    local list = notes { seconds = 60, begins_apart_s = 8, warmup_s = 5, unsettled = false }
    assert.same(1, #list)
    assert.matches('first 8 of 60 seconds lies apart; warmup = "13s" in the scenario (--warmup 13s)', list[1], 1, true)
  end)
  it("is doubted where no level is seen", function()
    assert.matches("does not settle", notes({ seconds = 60, begins_apart_s = 30, unsettled = true })[1], 1, true)
  end)
  it("is doubted where it has a trend that is sure and matters", function()
    assert.matches("moves by +12.0 %", notes({ seconds = 60, trend = { change = 0.12, p = 1e-6 } })[1], 1, true)
    assert.same({}, notes { seconds = 60, trend = { change = 0.12, p = 0.01 } })
    assert.same({}, notes { seconds = 60, trend = { change = 0.001, p = 1e-6 } })
  end)
  it("is told of the first of several runs, and how many more there are", function()
    local calm, warm = {}, { steadiness = { seconds = 60, begins_apart_s = 8, unsettled = false } }
    local list = steadiness.of_runs({ calm, warm, calm, warm, warm }, "load 1 of A")
    assert.same(2, #list)
    assert.matches("^load 1 of A begins with what looks like warm%-up", list[1])
    assert.equal("so it is, or likewise, of 2 more of these runs", list[2])
    assert.same({}, steadiness.of_runs({ calm }, "load 1 of A"))
  end)
  it("is not doubted without figures", function()
    assert.same({}, steadiness.notes {})
    assert.same({}, steadiness.notes(nil))
    assert.same({}, notes { seconds = json.null, begins_apart_s = json.null, unsettled = json.null, trend = json.null })
    assert.same({}, notes { seconds = 60, begins_apart_s = 0, unsettled = false })
  end)
end)
