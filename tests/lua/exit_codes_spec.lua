local exit_codes = require "perilune.exit_codes"

describe("exit codes", function()
  it("are those that users rely on", function()
    local want = { pass = 0, internal = 1, usage = 2, objective_failed = 3, inconclusive = 4, script_error = 5, target_never_answered = 6, refused = 7, bad_file = 8, locked = 75, deadline = 124 }
    for reason, code in pairs(want) do assert.equal(code, exit_codes.CODE[reason], reason) end
  end)
  it("stand for a reason each", function()
    for reason, code in pairs(exit_codes.CODE) do assert.equal(reason, exit_codes.reason(code)) end
    assert.is_nil(exit_codes.reason(77))
  end)
  it("apply in their order", function()
    assert.equal(4, exit_codes.first({ objective_failed = true, inconclusive = true }).code)
    assert.equal(6, exit_codes.first({ objective_failed = true, target_never_answered = true }).code)
    assert.equal(2, exit_codes.first({ usage = true, script_error = true, objective_failed = true }).code)
    assert.equal(124, exit_codes.first({ deadline = true, usage = true }).code)
    assert.equal(0, exit_codes.first({}).code)
  end)
  it("are given for each error of a command", function()
    for code, reason in pairs { refused = "refused", busy = "locked", syntax = "script_error", io = "bad_file", exists = "bad_file", usage = "usage", too_few = "inconclusive", unanswered = "target_never_answered" } do
      assert.equal(exit_codes.CODE[reason], exit_codes.code_of { code = code }, code)
    end
    assert.equal(exit_codes.CODE.internal, exit_codes.code_of "boom")
  end)
  it("follow from errors", function()
    assert.equal("bad_file", exit_codes.reason_of { code = "corrupt" })
    assert.equal("bad_file", exit_codes.reason_of { code = "io" })
    assert.equal("script_error", exit_codes.reason_of "text")
    assert.equal("usage", exit_codes.reason_of { code = "invalid" })
    assert.equal("script_error", exit_codes.reason_of(exit_codes.of_script { code = "invalid" }))
    assert.equal("refused", exit_codes.reason_of(exit_codes.of_script { code = "refused" }))
    assert.equal("failed", exit_codes.state(exit_codes.verdict "objective_failed"))
  end)
end)
