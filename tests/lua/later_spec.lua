local later = require "perilune.later"

describe("a module that is loaded later", function()
  it("is not looked for before something is asked of it", function()
    local missing = later "perilune.no_such_module"
    assert.has_error(function() return missing.anything end, nil)
  end)

  it("gives what the module has", function()
    local lines, module = later "perilune.lines", require "perilune.lines"
    assert.equal(module.counted, lines.counted)
    assert.equal(module.seconds, lines.seconds)
    assert.is_nil(lines.no_such_function)
  end)

  it("gives what the module has now", function()
    local copy, module = later "perilune.copy", require "perilune.copy"
    assert.equal(module.deep, copy.deep)
    module.added = 7
    assert.equal(7, copy.added)
    module.added = nil
  end)
end)
