local copy = require "perilune.copy"

describe("a copy of a table alone", function()
  it("holds what the table holds", function()
    local a = { b = {}, 5 }
    local other = copy.shallow(a)
    assert.same(a, other)
    assert.equal(a.b, other.b)
    other[1] = 6
    assert.equal(5, a[1])
  end)
end)

describe("a deep copy", function()
  it("shares no table with what it was made of", function()
    local fn = function() end
    local a = { b = { c = 1 }, fn = fn, 5 }
    local other = copy.deep(a)
    assert.same(a, other)
    other.b.c = 2
    assert.equal(1, a.b.c)
    assert.equal(fn, other.fn)
  end)
  it("has something else in the place of a table where that is asked for", function()
    local mark = { 1 }
    assert.same({ x = "mark", y = { 2 } }, copy.deep({ x = mark, y = { 2 } }, function(t) return t == mark and "mark" or nil end))
  end)
end)
