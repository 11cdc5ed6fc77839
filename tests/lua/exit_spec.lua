local exit = require "perilune.exit"

describe("exit codes", function()
  it("are those that users rely on", function()
    local want = { pass = 0, internal = 1, usage = 2, objective_failed = 3, inconclusive = 4, script_error = 5, target_never_answered = 6, refused = 7, bad_file = 8, locked = 75, deadline = 124 }
    for reason, code in pairs(want) do assert.equal(code, exit.CODE[reason], reason) end
  end)
  it("apply in their order", function()
    assert.equal(4, exit.first({ objective_failed = true, inconclusive = true }).code)
    assert.equal(6, exit.first({ objective_failed = true, target_never_answered = true }).code)
    assert.equal(2, exit.first({ usage = true, script_error = true, objective_failed = true }).code)
    assert.equal(124, exit.first({ deadline = true, usage = true }).code)
    assert.equal(0, exit.first({}).code)
  end)
  it("follow from errors", function()
    assert.equal("bad_file", exit.reason_of { code = "corrupt" })
    assert.equal("bad_file", exit.reason_of { code = "io" })
    assert.equal("script_error", exit.reason_of "text")
    assert.equal("usage", exit.reason_of { code = "invalid" })
    assert.equal("script_error", exit.reason_of(exit.of_script { code = "invalid" }))
    assert.equal("refused", exit.reason_of(exit.of_script { code = "refused" }))
    assert.equal("failed", exit.state(exit.verdict "objective_failed"))
  end)
end)
