local failures = require "perilune.failures"

describe("failures", function()
  it("passes no handshake, and nothing that was answered or not asked", function()
    assert.same({ dns = true, connect = true, timeout = true, reset = true, truncated = true }, failures.PASSING)
    for _, code in ipairs { "protocol", "status", "invalid" } do assert.is_nil(failures.PASSING[code]) end
  end)
  it("takes each code for one thing", function()
    for code in pairs(failures.UNASKED) do assert.is_nil(failures.UNANSWERED[code], code) end
    assert.is_true(failures.UNANSWERED.tls)
    assert.is_nil(failures.UNANSWERED.status)
  end)
end)
