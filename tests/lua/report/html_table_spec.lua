local html_table = require "perilune.report.html_table"

describe("a table of the report", function()
  it("is none without rows", function() assert.is_nil(html_table({ "a" }, {})) end)
  it("escapes titles, takes cells as they are, and leaves empty columns out", function()
    assert.equal('<div class="scroll"><table><thead><tr><th scope="col">&lt;a&gt;</th><th scope="col" class="left">c</th></tr></thead><tbody><tr><td><b>1</b></td><td class="left"></td></tr><tr><td></td><td class="left">3</td></tr></tbody></table></div>',
      html_table({ "<a>", "b", "c" }, { { "<b>1</b>", "", "" }, { "", "", "3" } }, { [3] = true }))
  end)
end)
