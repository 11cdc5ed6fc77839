local init = require "perilune.cmd.init"
local support = require "lua.support"

describe("perilune init", function()
  teardown(support.clean)

  it("writes a playbook that compiles, once", function()
    local path = support.folder() .. "/mine.lua"
    assert.matches("perilune run " .. path, (support.output(init.main, { path })), 1, true)
    assert(load(support.read(path), "@mine.lua", "t"))
    local message, code = support.message(init.main, { path })
    assert.matches("exists already: give another name", message, 1, true)
    assert.equal("usage", code)
  end)
  it("says why it cannot", function()
    assert.matches("/nowhere/x.lua", (support.message(init.main, { "/nowhere/x.lua" })), 1, true)
  end)
end)
