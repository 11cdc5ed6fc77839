local pl = require "perilune"
local support = require "lua.support"
local words = require "perilune.words"

describe("the vocabulary", function()
  it("has the words that help tells of", function()
    for _, entry in ipairs(words.vocabulary) do
      local value = pl
      for name in entry[1]:gmatch "[%w_]+" do value = value[name] end
      assert.is_not_nil(value, entry[1])
    end
  end)
  it("names the near word", function()
    local message, code = support.message(function() return pl.poison end)
    assert.equal('pl.poison: there is no such word; did you mean "poisson"?', message)
    assert.equal("script", code)
    assert.matches('pl.arg.intger: there is no such word; did you mean "integer"?', (support.message(function() return pl.arg.intger end)), 1, true)
  end)
  it("cannot be changed", function()
    for _, change in ipairs { function() pl.even = 1 end, function() pl.new = 1 end, function() pl.arg.url = 1 end, function() pl.json.decode = 1 end } do
      assert.is_false(pcall(change))
    end
  end)
end)
