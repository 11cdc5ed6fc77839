local support = require "lua.support"
local words = require "perilune.words"

describe("annotations of what run has", function()
  it("have every word", function() assert.same({}, support.annotations "run":missing(words.run, "Run")) end)
end)
