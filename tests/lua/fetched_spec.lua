local support = require "lua.support"
support.without_run {}
local fetched = require "perilune.fetched"

describe("stretches", function()
  it("are missing where none covers them", function()
    assert.same({ { 0, 10 } }, fetched.missing({}, 0, 10))
    assert.same({}, fetched.missing({ { 0, 10 } }, 0, 10))
    assert.same({ { 0, 2 }, { 4, 6 }, { 8, 10 } }, fetched.missing({ { 6, 8 }, { 2, 4 } }, 0, 10))
    assert.same({ { 5, 10 } }, fetched.missing({ { -5, 3 }, { 1, 5 }, { 2, 3 }, { 10, 20 } }, 0, 10))
    assert.same({}, fetched.missing({ { 0, 5 }, { 5, 30 } }, 1, 10))
  end)
  it("are cut into pieces", function()
    assert.same({ { 0, 4 }, { 4, 8 }, { 8, 10 }, { 20, 24 } }, fetched.pieces({ { 0, 10 }, { 20, 24 } }, 4))
    assert.same({}, fetched.pieces({}, 4))
  end)
end)
