local cases = require "perilune.cases"
local support = require "lua.support"

describe("cases of a document", function()
  local function double(case, i)
    if type(case) ~= "number" then error({ code = "invalid", message = ("case %d is no number"):format(i) }, 0) end
    return { 2 * case }
  end
  local function refused(case, why) return { case, why } end
  local function answers(list)
    local out, n
    local got, _, told = support.output(function() out, n = cases.answers("f", list, double, refused) end)
    assert.equal("", got)
    return out, told, n
  end

  it("are answered in their order, and bad ones are told by their number", function()
    local out, told, n = answers { 1, "x", 3 }
    assert.equal(1, n)
    assert.same({ { 2 }, { "x", "case 2 is no number" }, { 6 } }, out)
    assert.equal("perilune: f: case 2 is no number; left without an answer\n", told)
    assert.same({}, (answers {}))
  end)
  it("are an error of the document where there is no good one", function()
    local message, code = support.message(answers, { "x" })
    assert.same({ "f: case 1 is no number", "corrupt" }, { message, code })
    assert.matches("case 1 is no number (and none of the other 1 can be answered)", (support.message(answers, { "x", "y" })), 1, true)
  end)
  it("are counted where many are bad", function()
    local list = { 1 }
    for i = 2, 40 do list[i] = "x" end
    local _, told = answers(list)
    assert.matches("f: 39 of 40 cases were left without an answer", told, 1, true)
    assert.equal(21, select(2, told:gsub("\n", "")))
  end)
  it("pass on what is no fault of a case", function()
    assert.matches("cancelled", (support.message(cases.answers, "f", { 1 }, function() error({ code = "cancelled", message = "cancelled" }, 0) end, refused)), 1, true)
  end)
end)
