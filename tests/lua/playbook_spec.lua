local pl = require "perilune"
local playbook = require "perilune.playbook"
local support = require "lua.support"

describe("playbooks", function()
  local function run() end

  it("are declared and checked", function()
    local book = pl.playbook { name = "x", run = run, args = { t = pl.arg.url {} }, needs = { load = { "$t" } } }
    assert.equal(book, playbook.check(book, "x.lua"))
    assert.same({ "a < 1" }, playbook.objectives({ objectives = function() return { "a < 1" } end }, {}))
    assert.equal(5, playbook.scenarios({ scenarios = function(_, data) return { n = data.v } end }, {}, { v = 5 }).n)
  end)
  it("are refused", function()
    assert.matches("name", support.message(pl.playbook, { run = run }), 1, true)
    assert.matches("objectives", support.message(pl.playbook, { name = "x", run = run, objectivs = {} }), 1, true)
    assert.matches("needs.lod", support.message(pl.playbook, { name = "x", run = run, needs = { lod = {} } }), 1, true)
    assert.matches('errors: "ignroe" is none of ignore; did you mean "ignore"', support.message(pl.playbook, { name = "x", run = run, errors = "ignroe" }), 1, true)
    assert.matches("pl.arg", support.message(pl.playbook, { name = "x", run = run, args = { t = "http://" } }), 1, true)
    assert.matches("returned", support.message(playbook.check, 5, "x.lua"), 1, true)
  end)
end)
