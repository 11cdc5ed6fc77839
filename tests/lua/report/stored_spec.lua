local stored = require "perilune.report.stored"
local support = require "lua.support"

describe("what is stored", function()
  it("is a value, or raises the error beside it", function()
    assert.equal(false, stored.checked(false))
    assert.equal("gone", (support.message(stored.checked, nil, { code = "io", message = "gone" })))
  end)
  it("is JSON without its nulls, or nothing", function()
    assert.same({ a = { 1 }, b = { c = 2 } }, stored.decoded '{"a":[1],"b":{"c":2,"d":null},"e":null}')
    for _, text in ipairs { "", "3", "{", "null" } do assert.same({}, stored.decoded(text)) end
    assert.same({}, stored.decoded(nil))
  end)
end)
