local csv_header = require "perilune.csv_header"
local support = require "lua.support"
local trace_columns = require "perilune.trace_columns"

describe("columns beside a time as traces", function()
  local function lines(text, step) return trace_columns.lines("f.csv", text, csv_header.roles(text), step) end

  it("are a line each, a value a step", function()
    assert.same({ "cpu,1,2,3\n", 60, 1 }, { lines "time,cpu\n1780000000,1\n1780000060,2\n1780000120,3\n" })
    assert.same({ "a,1,3\n\"b,c\",2,4\n", 300, 2 }, { lines 'ts,a,"b,c"\n1780000300,3,4\n1780000000,1,2\n' })
  end)
  it("have empty fields where there is no value, and the last of several", function()
    assert.equal("cpu,1,,,9\n", (lines "time,cpu\n0,1\n60,NA\n180,3\n180,9\n"))
    assert.equal("cpu,,2\n", (lines("time,cpu\n0,\n60,2\n", 60)))
    assert.equal("cpu,1,3,4\n", (lines("time,cpu\n0,1\n60,2\n120,3\n180,4\n", 120)))
  end)
  it("are refused where they are no traces", function()
    local function refused(...) return (support.message(lines, ...)) end
    assert.matches("f.csv, line 2: ", refused "time,host\n1,web\n2,web\n", 1, true)
    assert.matches("needs two", refused "time,cpu\n1,2\n", 1, true)
    assert.matches("at most 4194304; --step names a longer one", refused("time,cpu\n0,1\n1780000000,2\n", 1), 1, true)
    assert.matches("17 columns of values", refused("time" .. (",c"):rep(17) .. "\n1\n"), 1, true)
  end)
end)
