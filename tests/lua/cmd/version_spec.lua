local engine = require "perilune.core.engine"
local support = require "lua.support"
local version = require "perilune.cmd.version"

describe("perilune version", function()
  it("is one line for people", function()
    assert.equal(("perilune %s\n"):format(engine.version()), (support.output(version.main, {})))
  end)
  it("names what it was built with for programs", function()
    local facts = support.json_of(version.main, {})
    assert.equal("perilune.version/1", facts.schema)
    assert.equal("number", type(facts.timeline_schema))
    assert.matches("^5%.4%.%d", facts.lua)
  end)
end)
