local interval = require "perilune.interval"
local support = require "lua.support"

describe("the interval of a scheduled run", function()
  it("has one key however it is written", function()
    local key = interval.read("2026-11-22/2026-11-29").key
    assert.equal("2026-11-22T00:00:00.000Z/2026-11-29T00:00:00.000Z", key)
    assert.equal(key, interval.read("2026-11-22T01:00+01:00/2026-11-29T00:00Z").key)
  end)
  it("is refused with what is wrong", function()
    assert.matches("no /", support.message(interval.read, "2026-11-22"), 1, true)
    assert.matches("soon is no moment", support.message(interval.read, "2026-11-22/soon"), 1, true)
    assert.matches("9999-12-31 is no moment", support.message(interval.read, "2026-11-22/9999-12-31"), 1, true)
    assert.matches("ends before it begins", support.message(interval.read, "2026-11-23/2026-11-22"), 1, true)
  end)
  it("is missed when the next one has ended as well", function()
    local i = interval.read "2026-11-22/2026-11-23"
    assert.is_false(interval.is_missed(i, i.to + 86399))
    assert.is_true(interval.is_missed(i, i.to + 86400))
  end)
end)
