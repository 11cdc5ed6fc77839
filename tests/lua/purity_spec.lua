local purity = require "perilune.purity"

describe("what scenarios read", function()
  it("is known by its locals, also through helpers and tables", function()
    local rate, config, other, helped = 1, { deep = { n = 1 } }, 1, 1
    local function helper() return helped end
    local function scenarios() return rate, config.deep.n, helper(), 0 / 0 end
    local snap = purity.snapshot(scenarios)
    assert.is_nil(purity.changed(snap))
    other = other + 1
    assert.is_nil(purity.changed(snap))
    rate = 2
    assert.equal("rate", purity.changed(snap))
    rate = 1
    config.deep.n = 2
    assert.equal("config.deep.n", purity.changed(snap))
    config.deep.n = 1
    config.new = true
    assert.equal("config.new", purity.changed(snap))
    config.new, helped = nil, 2
    assert.equal("helped", purity.changed(snap))
    assert.is_true(other == 2)
  end)
  it("may hold itself, and be large", function()
    local list = {}
    for i = 1, 100000 do list[i] = i end
    list.self = list
    assert.is_nil(purity.changed(purity.snapshot(function() return list end)))
    assert.is_nil(purity.changed(purity.snapshot({ a = { n = 1 } })))
    assert.is_nil(purity.changed(purity.snapshot(nil)))
  end)
end)
