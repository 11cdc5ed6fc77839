local dispatch = require "perilune.cmd.dispatch"
local help = require "perilune.cmd.help"
local support = require "lua.support"
local topics = require "perilune.topics"

describe("perilune help", function()
  local function text_of(word) return (support.output(help.main, { word })) end

  it("says when a comparison knows the noise, and what a row of an objective has", function()
    assert.matches("3 runs a side,\nor from 8 comparable passed runs before a single one", text_of "compare", 1, true)
    assert.matches("total, bad, attained", (text_of "experience":gsub("%s+", " ")), 1, true)
  end)
  it("names every command and every topic once", function()
    local text = text_of(nil)
    for _, name in ipairs(dispatch.names()) do assert.equal(1, select(2, text:gsub("\n  " .. name .. " +%u", "")), name) end
    for _, name in ipairs(topics.NAMES) do assert.is_truthy(text:find("\n  " .. name .. " ", 1, true), name) end
  end)
  it("ends with what is about Perilune itself", function()
    local last
    for section in text_of(nil):gmatch "\n\n(%u[%w ]*)\n  " do last = section end
    assert.equal("About", last)
  end)
  it("is a command's, a topic's, or of both", function()
    assert.matches("perilune compare A B", text_of "compare", 1, true)
    assert.matches("Short names of metrics", text_of "metrics", 1, true)
    local both = text_of "run"
    assert.matches("perilune run FILE.*Words on run", both)
  end)
  it("is a word's of playbooks, with its options", function()
    local text = text_of "receive"
    assert.matches("run:receive { remote_write = true }", text, 1, true)
    assert.matches("\n  push +boolean +Prometheus text", text)
    assert.matches("user:think", text_of "think", 1, true)
    assert.matches("pl.stages {", text_of "stages", 1, true)
    assert.matches("perilune compare A B.*run:compare {", text_of "compare")
    for _, word in ipairs { "receive", "think", "stages", "grace", "compare" } do
      for line in text_of(word):gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
    end
  end)
  it("fits into 80 columns", function()
    for line in text_of(nil):gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
  end)
  it("names the near word", function()
    assert.matches('did you mean "compare"?', (support.message(help.main, { "compere" })), 1, true)
  end)
end)
