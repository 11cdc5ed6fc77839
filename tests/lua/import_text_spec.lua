local text = require "perilune.import_text"

describe("what became of a file's rows", function()
  local function facts(fields)
    local f = { taken = 1200, replaced = 0, series = 3, path = "x.csv", refused = 0, reasons = {}, examples = {} }
    for k, v in pairs(fields or {}) do f[k] = v end
    return f
  end

  it("is one line", function()
    assert.equal("1,200 rows of 3 series from x.csv, none refused", text.text(facts()))
    assert.equal("1,200 rows (2 replaced by the next one, of the same time) of 3 series from x.csv, none refused", text.text(facts { replaced = 2 }))
    assert.equal("1,200 rows of 3 series from standard input, none refused", text.text(facts { path = "-" }))
    assert.equal("1,200 rows of 3 series from x.csv, 3 refused (timestamp 1, value 2)", text.text(facts { refused = 3, reasons = { value = 2, timestamp = 1 } }))
  end)
  it("says that a file has no rows", function()
    assert.equal("x.csv has no rows: nothing is imported", text.note(facts { taken = 0, series = 0 }))
    assert.equal("imported 1,200 rows of 3 series from x.csv, none refused", text.note(facts()))
  end)
  it("gives each reason once, where nothing was taken", function()
    local examples = { { line = 1, reason = "line", text = "the line is malformed" }, { line = 2, reason = "name", text = "there is no valid name" }, { line = 3, reason = "line", text = "the line is malformed" } }
    assert.equal("line 1: the line is malformed, and 1 more like it; line 2: there is no valid name (metric names values without a name: --metric NAME)",
      text.reasons(facts { refused = 3, reasons = { line = 2, name = 1 }, examples = examples }))
    assert.equal("line 1: the line is malformed, and 1,500 more like it; line 2: there is no valid name (metric names values without a name: --metric NAME); and 2 for other reasons",
      text.reasons(facts { refused = 1504, reasons = { line = 1501, name = 1, value = 2 }, examples = examples }))
  end)
  it("names the first refused lines", function()
    local examples = { { line = 7, reason = "value", text = "there is no valid value" } }
    assert.same({ "line 7: there is no valid value" }, text.lines(facts { refused = 1, examples = examples }))
    assert.same({ "line 7: there is no valid value", "and 1,000 more" }, text.lines(facts { refused = 1001, examples = examples }))
  end)
end)
