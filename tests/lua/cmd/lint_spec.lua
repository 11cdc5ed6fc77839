local lint = require "perilune.cmd.lint"
local session = require "perilune.session"
local support = require "lua.support"

describe("perilune lint", function()
  teardown(support.clean)

  it("prepares the playbook and sends nothing", function()
    local path, spec = support.file("p.lua", "return 1"), nil
    local code = support.with(session, { run = function(_, s) spec = s return 5 end }, lint.main, { path, args = {}, arg = { "peak=5/s" } })
    assert.equal(5, code)
    assert.same({ "lint", "5/s", "return 1" }, { spec.options.only, spec.args.peak, spec.text })
  end)
  it("checks several files, whatever is wrong with one", function()
    local a, b, seen = support.file("a.lua", "return 1"), support.file("b.lua", "return 2"), {}
    local function run(_, spec)
      seen[#seen + 1] = spec.text .. (spec.args.peak or "")
      spec.args.peak = nil -- one file's arguments are not the next one's
      return 5
    end
    local _, code, told = support.with(session, { run = run }, support.output, lint.main, { a, "/no/such.lua", b, args = { peak = "1/s" } })
    assert.same({ "return 11/s", "return 21/s" }, seen)
    assert.equal(8, code)
    assert.matches("perilune: playbook: .*/no/such.lua", told)
    assert.equal("usage", select(2, support.message(lint.main, { a, b, args = {}, json = "-" })))
    local runs = 0
    assert.equal(130, select(2, support.with(session, { run = function() runs = runs + 1 return 130 end }, support.output, lint.main, { a, b, args = {} })))
    assert.equal(1, runs) -- a signal ends all
    assert.equal(0, select(2, support.with(session, { run = function() return 0 end }, support.output, lint.main, { a, b, args = {} })))
  end)
  it("says when there is no such file", function()
    local message, code = support.message(lint.main, { "/no/such.lua", args = {} })
    assert.matches("/no/such.lua", message, 1, true)
    assert.equal("not_found", code)
  end)
end)
