local engine = require "perilune.core.engine"
local pl = require "perilune"
local words = require "perilune.words"

-- The annotations are a text for editors: it compiles, and names what there is.
describe("annotations for editors", function()
  local text
  setup(function() text = engine.source "perilune.types" end)
  local function functions_of(class)
    local set = {}
    for name in text:gmatch("\nfunction " .. class .. "[:.]([%w_]+)%(") do set[name] = true end
    return set
  end
  local function missing(list, set)
    local out = {}
    for _, entry in ipairs(list) do
      local name = entry[1]:match "^[%w_]+"
      if not set[name] and not text:find(("%%-%%-%%-@field %s%%??%%s"):format(name)) then out[#out + 1] = name end
    end
    return out
  end

  it("compile", function() assert(load(text, "=types", "t")) end)
  it("have every word on run and user", function()
    assert.same({}, missing(words.run, functions_of "Run"))
    assert.same({}, missing(words.user, functions_of "User"))
  end)
  it("have every word on user.cookies, and its options", function()
    assert.same({}, missing(words.cookies, functions_of "Cookies"))
    assert.same({}, missing(words.cookie, {}))
    assert.same({}, missing(words.user_fields, {}))
  end)
  it("have every word on connections", function()
    for _, c in ipairs(words.channels) do assert.same({}, missing(c.words, functions_of(c[1]:sub(1, 1):upper() .. c[1]:sub(2))), c[1]) end
    assert.same({}, missing(words.channel_words, functions_of "Channel"))
  end)
  it("have every key of a scenario and every option of a request", function()
    assert.same({}, missing(words.scenario, {}))
    assert.same({}, missing(words.request, {}))
    assert.same({}, missing(words.answer, functions_of "Answer"))
  end)
  it("have the vocabulary, and no more", function()
    assert.same({}, missing(words.vocabulary, functions_of "pl"))
    for name in pairs(functions_of "pl") do assert.is_not_nil(pl[name]) end
  end)
  it("describe every function with its parameters", function()
    local undescribed = {}
    for before, call, arguments in text:gmatch "([^\n]*)\nfunction ([%w_.:]+)%(([^)]*)%)" do
      if arguments ~= "" and not before:find "^%-%-%-" then undescribed[#undescribed + 1] = call end
    end
    assert.same({}, undescribed)
  end)
end)
