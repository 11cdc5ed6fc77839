local source = require "perilune.source"
local support = require "lua.support"

describe("a playbook's file", function()
  teardown(support.clean)

  it("comes with its folder and its arguments", function()
    local path = support.file("p.lua", "text")
    local spec = source.playbook({ path, args = { peak = "1" }, arg = { "name=a=b" }, workers = 3 }, { once = "x" })
    assert.same({ playbook = path, text = "text", args = { peak = "1", name = "a=b" }, folder = path:match("^(.*)/"), workers = 3, options = { once = "x" } }, spec)
  end)
  it("keeps what stood beside an argument apart", function()
    local path = support.file("p.lua", "")
    assert.is_nil(source.playbook({ path, args = {}, args_beside = {} }).options.args_beside)
    assert.same({ a = "b" }, source.playbook({ path, args = {}, args_beside = { a = "b" } }).options.args_beside)
  end)
  it("is told of when it is not there, or an argument is none", function()
    local message, code = support.message(source.playbook, { "/no/such.lua", args = {} })
    assert.matches("^playbook: .*/no/such.lua", message)
    assert.equal("not_found", code)
    assert.equal("--arg peak: write NAME=VALUE", (support.message(source.playbook, { "p", args = {}, arg = { "peak" } })))
  end)
end)
