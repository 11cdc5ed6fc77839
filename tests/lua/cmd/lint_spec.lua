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
  it("says when there is no such file", function()
    local message, code = support.message(lint.main, { "/no/such.lua", args = {} })
    assert.matches("/no/such.lua", message, 1, true)
    assert.equal("not_found", code)
  end)
end)
