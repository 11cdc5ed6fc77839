local pl = require "perilune"
local support = require "lua.support"
local words = require "perilune.words"

describe("annotations of a playbook", function()
  local playbook
  setup(function() playbook = support.annotations "playbook" end)

  it("have every key of a scenario", function() assert.same({}, playbook:missing(words.scenario)) end)
  it("have the vocabulary, and no more", function()
    assert.same({}, playbook:missing(words.vocabulary, "pl"))
    for name in pairs(playbook:functions_of "pl") do assert.is_not_nil(pl[name]) end
  end)
end)
