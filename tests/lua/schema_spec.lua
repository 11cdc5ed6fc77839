local schema = require "perilune.schema"
local support = require "lua.support"

describe("schema", function()
  local RULES = { every = { "duration", default = 1 }, name = { "string", required = true }, kind = { "string", choices = { "a", "b" } }, n = { "integer" } }

  it("reads units and fills defaults", function()
    assert.same({ every = 0.25, name = "x" }, schema.check(RULES, { every = "250ms", name = "x" }, "word"))
    assert.same({ every = 1, name = "x", kind = "b", n = 3 }, schema.check(RULES, { name = "x", kind = "b", n = 3 }, "word"))
  end)
  it("names what is wrong and what is near", function()
    assert.matches("every", support.message(schema.check, RULES, { evry = "1s", name = "x" }, "word"), 1, true)
    assert.matches("name is missing", support.message(schema.check, RULES, {}, "word"), 1, true)
    assert.matches("none of a, b", support.message(schema.check, RULES, { name = "x", kind = "c" }, "word"), 1, true)
    local text, code = support.message(schema.check, RULES, { name = "x", every = "soon" }, "word")
    assert.matches("soon", text, 1, true)
    assert.equal("invalid", code)
    assert.matches("options are a table", support.message(schema.check, RULES, 5, "word"), 1, true)
  end)
  it("knows labels by names and texts", function()
    schema.labels(nil, "word")
    schema.labels({ tier = "web" }, "word")
    for why, labels in pairs { ["1 = \"web\" is not"] = { "web" }, ["tier = 5 is not"] = { tier = 5 }, ["tier = a table is not"] = { tier = {} } } do
      local text, code = support.message(schema.labels, labels, "word")
      assert.equal('word: labels are { name = "text" }; ' .. why, text)
      assert.equal("invalid", code)
    end
  end)
  it("joins lists of texts", function()
    assert.same({ "a", "a,b" }, { schema.joined("a", "word"), schema.joined({ "a", "b" }, "word") })
    assert.is_nil(schema.joined(nil, "word"))
    assert.is_nil(schema.joined({}, "word"))
    for _, value in ipairs { 5, { "a", {} } } do assert.matches("word: a text or a list of texts, not ", support.message(schema.joined, value, "word"), 1, true) end
  end)
end)
