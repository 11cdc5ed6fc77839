local support = require "lua.support"
local whole = require "integration.support"

-- The specs of this folder are run by the command itself; here another process runs others.
describe("perilune test", function()
  teardown(support.clean)

  local function tested(text, options)
    local code, out = whole.run(("test %s "):format(options or "") .. support.file("x_spec.lua", text):match("^(.*)/"))
    return out, code
  end

  it("counts, and passes where nothing failed", function()
    local out, code = tested 'describe("a", function() it("b", function() end) pending("c") end)'
    assert.matches("busted: 1 passed, 0 failed, 1 skipped", out, 1, true)
    assert.equal(0, code)
  end)
  it("names what failed from the file inwards, and why", function()
    local out, code = tested 'describe("a", function() it("b", function() error("boom") end) end)'
    assert.matches("not ok a b\n", out, 1, true)
    assert.matches("boom", out, 1, true)
    assert.equal(1, code)
  end)
  it("tells with --times how long each test took", function()
    local out = tested('describe("a", function() it("waits", function() require "perilune.task".sleep(0.05) end) it("b", function() end) end)', "--times")
    local waited, b = tonumber(out:match "([%d.]+) s  a waits\n"), tonumber(out:match "([%d.]+) s  a b\n")
    assert.is_true(waited >= 0.05 and b >= 0)
    assert.matches("busted: 2 passed", out, 1, true)
  end)
  it("lets a spec wait", function()
    local _, code = tested 'it("waits", function() require "perilune.task".sleep(0.001) end)'
    assert.equal(0, code)
  end)
  it("does not hide a spec that cannot be read", function()
    local _, code = tested 'describe("a", function('
    assert.equal(1, code)
  end)
end)
