local changes = require "perilune.changes"
local support = require "lua.support"

describe("changes of a history", function()
  --- A level with noise that repeats: 0, 1, -1, 2, -2 hundredths.
  local function level(out, of, n)
    for i = 1, n do out[#out + 1] = of * (1 + ({ 0, 0.01, -0.01, 0.02, -0.02 })[i % 5 + 1]) end
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
  it("are told as facts", function()
    local facts = changes.facts(changes.find(level(level({}, 10, 30), 5, 30)), function(i) return "t" .. i end)
    assert.equal("t30", facts[1].time)
    assert.is_true(facts[1].change < -4.5 and facts[1].ci[1] <= facts[1].change and facts[1].ci[2] >= facts[1].change)
  end)
end)
