local text = require "perilune.import_text"

describe("what became of a file's rows", function()
  local function facts(fields)
    local f = { taken = 1200, series = 3, path = "x.csv", refused = 0, reasons = {}, examples = {} }
    for k, v in pairs(fields or {}) do f[k] = v end
    return f
  end

  it("is one line", function()
    assert.equal("1,200 rows of 3 series from x.csv, none refused", text.text(facts()))
    assert.equal("1,200 rows of 3 series from x.csv, 3 refused (timestamp 1, value 2)", text.text(facts { refused = 3, reasons = { value = 2, timestamp = 1 } }))
  end)
  it("names the first refused lines", function()
    local examples = { { line = 7, reason = "value", text = "there is no valid value" } }
    assert.same({ "line 7: there is no valid value" }, text.lines(facts { refused = 1, examples = examples }))
    assert.same({ "line 7: there is no valid value", "and 1,000 more" }, text.lines(facts { refused = 1001, examples = examples }))
  end)
end)
