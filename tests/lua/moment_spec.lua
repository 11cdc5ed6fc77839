local moment = require "perilune.moment"
local support = require "lua.support"

describe("a fixed moment", function()
  it("is a day, a moment in a zone or a number of seconds", function()
    assert.equal(0, moment.fixed "1970-01-01")
    assert.equal(951782400, moment.fixed "2000-02-29")
    assert.equal(1795759200, moment.fixed "2026-11-27T06:00Z")
    assert.equal(1795759200, moment.fixed "2026-11-27T08:00:00+02:00")
    assert.equal(1795759230, moment.fixed "2026-11-27 06:00:30")
    assert.equal(1795759200, moment.fixed "1795759200")
    assert.equal(moment.fixed "2026-11-28", moment.fixed "2026-11-27T24:00")
    for _, text in ipairs { "2026-02-29", "1900-02-29", "2026-04-31", "2026-12-32", "2026-11-27T24:01", "2300-01-01", "99999999999999" } do assert.is_nil(moment.fixed(text), text) end
    for _, text in ipairs { "2026-13-01", "2026-11-31x", "2026-11-27T25:00", "2026-11-27T06:61", "2026-11-27T06:00+2", "now", "12" } do assert.is_nil(moment.fixed(text), text) end
  end)
end)

describe("a moment", function()
  it("is fixed, or so long before now", function()
    for at, text in pairs { [1000] = "now", [700] = "-5m", [940] = "now-1m", [998.5] = "- 1.5s", [951782400] = "2000-02-29", [12] = 12, [12.5] = "12.5", [-3] = -3 } do
      assert.equal(at, moment.at(text, 1000), tostring(text))
    end
  end)
  it("is nothing else", function()
    for _, text in ipairs { "soon", "-", "-5 parsecs", "now+5m", "now-", "", "nan", "inf", 1e10, "1e10" } do assert.is_nil(moment.at(text, 1000), tostring(text)) end
  end)
end)

describe("a moment in words", function()
  it("is of UTC, to the second", function()
    assert.equal("2026-11-27T06:00:30Z", moment.iso(1795759230.9))
    assert.equal("2026-11-27 06:00:30", moment.text(1795759230))
    assert.equal(1795759230, moment.fixed(moment.iso(1795759230)))
  end)
end)

describe("a moment of a run", function()
  it("is since 1970, or since its begin", function()
    assert.equal(12500000000, moment.in_run(12.5, 7, "x: from"))
    assert.equal(30000000007, moment.in_run("30s", 7, "x: from"))
  end)
  it("is nothing else", function()
    assert.matches("^x: from: ", (support.message(moment.in_run, "soon", 7, "x: from")))
    assert.matches("x: from: 1e+30 is no moment", (support.message(moment.in_run, 1e30, 7, "x: from")), 1, true)
  end)
end)
