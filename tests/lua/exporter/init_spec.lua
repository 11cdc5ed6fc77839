local exporter = require "perilune.exporter"
local words = require "perilune.words"

describe("exporters", function()
  it("are those that the words name", function()
    local names = words.names(words.exports)
    for _, name in ipairs(names) do assert.is_table(exporter.systems[name], name) end
    local n = 0
    for _ in pairs(exporter.systems) do n = n + 1 end
    assert.equal(#names, n)
  end)
end)
