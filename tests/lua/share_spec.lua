local share = require "perilune.share"
local support = require "lua.support"

describe("what several scenarios share", function()
  it("is divided in whole numbers that add up", function()
    assert.same({ 2, 1 }, share.whole(3, { 3, 1 }))
    assert.same({ 1, 1, 1 }, share.whole(3, { 1, 1, 1 }))
    assert.same({ 1, 1, 0 }, share.whole(2, { 1, 1, 1 }))
    assert.same({ 0, 7 }, share.whole(7, { 0, 2 }))
    assert.same({ 34, 33, 33 }, share.whole(100, { 1, 1, 1 }))
  end)

  it("is dealt out one by one, where it is a trace", function()
    local times = {}
    for i = 1, 12 do times[i] = ("=I8"):pack(i) end
    local a, b = table.unpack(share.dealt(table.concat(times), { 3, 1 }))
    assert.equal(9 * 8, #a)
    assert.equal(3 * 8, #b)
    local seen = {}
    for _, list in ipairs { a, b } do
      local before = 0
      for at = 1, #list, 8 do
        local v = ("=I8"):unpack(list, at)
        assert.is_true(v > before)
        before, seen[v] = v, true
      end
    end
    assert.equal(12, #seen)
  end)

  local function plan(fields)
    fields.stages, fields.name = fields.stages or {}, "p"
    return fields
  end

  it("is a level, users, iterations", function()
    local open = { plan { model = "open", stages = { { 1, 2.5, true } } }, plan { model = "open", stages = { { 1, 2.5, true } } } }
    share.divide(open, { 4, 1 }, { arrivals = true })
    assert.same({ 2.0, 0.5 }, { open[1].stages[1][2], open[2].stages[1][2] })
    local closed = { plan { model = "closed", stages = { { 1, 3, true } } }, plan { model = "closed", stages = { { 1, 3, true } } } }
    share.divide(closed, { 3, 1 }, { users = true })
    assert.same({ 2, 1 }, { closed[1].stages[1][2], closed[2].stages[1][2] })
    local counted = { plan { model = "iterations", iterations = 10, users = 3 }, plan { model = "iterations", iterations = 10, users = 3 } }
    share.divide(counted, { 9, 1 }, { iterations = 10, users = 3 })
    assert.same({ 9, 3, 1, 1 }, { counted[1].iterations, counted[1].users, counted[2].iterations, counted[2].users })
  end)

  it("leaves something for each, or says for which it does not", function()
    local counted = { plan { model = "iterations", iterations = 2 }, plan { model = "iterations", iterations = 2 } }
    assert.equal("load: 2 iterations leave none for scenario p with weight 1", (support.message(share.divide, counted, { 9, 1 }, { iterations = 2 })))
    assert.matches("a number from 0", support.message(share.divide, counted, { 2, -1 }, {}), 1, true)
    assert.matches("add up to nothing", support.message(share.divide, counted, { 0, 0 }, {}), 1, true)
  end)
end)
