--- The published cases of Apache Otava, to the index.
local changes = require "perilune.changes"
local inputs = require "perilune.inputs"

local folder = os and os.getenv and os.getenv "PERILUNE_REFERENCE"
local there = folder and io.open(folder .. "/data/changepoint/otava/cases.json")

describe("changes of published histories", function()
  if not there then
    print "skipped: no reference data"
    return
  end
  there:close()
  it("are those of Otava in all its cases", function()
    local place = folder .. "/data/changepoint/otava/"
    local cases = inputs.json(place .. "cases.json")
    assert.is_true(#cases >= 13)
    for _, case in ipairs(cases) do
      local values = case.values or inputs.series(place .. case.series).values
      local found = {}
      for i, c in ipairs(changes.find(values, { method = "otava", window = case.window_len, max_pvalue = case.max_pvalue, min_magnitude = case.min_magnitude })) do found[i] = c.index end
      assert.same(case.indexes, found)
    end
  end)
end)
