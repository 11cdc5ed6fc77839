local sla = require "perilune.sla"
local support = require "lua.support"

describe("objectives", function()
  it("get the default on errors", function()
    local rows = sla.read { "p99(latency) < 1s" }
    assert.equal(2, #rows)
    assert.equal("error_ratio < 1%", rows[2].expr)
    assert.is_true(rows[2].default)
    assert.equal(1, #sla.read({ "p99(latency) < 1s" }, "ignore"))
    assert.equal(1, #sla.read { "error_ratio < 5%" })
  end)
  it("may be rows with options", function()
    local row = sla.read({ { "users > 1", stop = true, after = "5s", severity = "warn" } }, "ignore")[1]
    assert.same({ true, 5, "warn" }, { row.stop, row.after, row.severity })
  end)
  it("are refused with their number", function()
    assert.matches("objective 1", support.message(sla.read, { "p101(latency) < 1s" }), 1, true)
    assert.matches("stopp", support.message(sla.read, { { "users > 1", stopp = true } }), 1, true)
    assert.matches("a text", support.message(sla.read, { 5 }), 1, true)
  end)
  it("have a line for people", function()
    local line = sla.line { expr = "p99(latency) < 1s", verdict = "fail", value = 1.5, unit = "duration", ci = { 1.4, 1.6 }, scope = "scenario=a", stopped = true }
    assert.matches("✗ p99(latency) < 1s", line, 1, true)
    assert.matches("1.5 s", line, 1, true)
    assert.matches("interval 1.4 s to 1.6 s", line, 1, true)
    assert.matches("[scenario=a]", line, 1, true)
    assert.matches("> 1 s", sla.line { expr = "x", verdict = "fail", value = 1, unit = "duration", beyond = true }, 1, true)
    assert.matches("(no interval: too few independent seconds)", sla.line { expr = "x", verdict = "pass", value = 1, unit = "number", few_seconds = true }, 1, true)
    assert.matches("(interval 1 to 2 is unreliable: too few independent seconds)", sla.line { expr = "x", verdict = "pass", value = 1, unit = "number", ci = { 1, 2 }, few_seconds = true }, 1, true)
    assert.matches("~", sla.line { expr = "x", verdict = "pass", marginal = true }, 1, true)
  end)
  it("have their values below each other, unless one is very long", function()
    local rows = { { expr = "error_ratio < 1%", is_default = true }, { expr = "rate(requests) >= 99% of planned", is_default = true }, { expr = ("x"):rep(50) }, { expr = ("y"):rep(70) } }
    for _, r in ipairs(rows) do r.verdict, r.value, r.unit = "pass", 7, "number" end
    local width, at = sla.width(rows), {}
    for i, r in ipairs(rows) do
      local line = sla.line(r, width)
      at[i] = utf8.len(line:sub(1, line:find " 7" - 1))
    end
    assert.same({ 52, 52, 52, 52, 72 }, { width, table.unpack(at) })
    assert.equal(sla.line(rows[1]):find " 7", sla.line { expr = "a < 1", verdict = "fail", value = 7, unit = "number" }:find " 7")
  end)
end)

describe("the line of an objective", function()
  local sla = require "perilune.sla"
  it("leaves an interval out that tells no more than the value", function()
    local r = { expr = "error_ratio < 1%", verdict = "pass", unit = "ratio", value = 0, limit = 0.01, ci = { 0, 0 } }
    assert.is_nil(sla.line(r):find("interval", 1, true))
    r.ci = { 0, 0.005 }
    assert.is_truthy(sla.line(r):find("(interval 0 % to 0.5 %)", 1, true))
  end)
end)
