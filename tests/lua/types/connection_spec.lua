local support = require "lua.support"
local words = require "perilune.words"

describe("annotations of connections", function()
  it("have every word", function()
    local connections = support.annotations "connection"
    for _, c in ipairs(words.channels) do assert.same({}, connections:missing(c.words, c[1]:sub(1, 1):upper() .. c[1]:sub(2)), c[1]) end
    assert.same({}, connections:missing(words.channel_words, "Channel"))
  end)
end)
