local run = require "perilune.cmd.run"
local session = require "perilune.session"
local support = require "lua.support"

describe("perilune run", function()
  local playbook
  setup(function() playbook = support.file("p.lua", "return 1") end)
  teardown(support.clean)

  --- The spec that is run for these options.
  local function spec_of(o)
    local spec
    local values = { playbook, args = {} }
    for k, v in pairs(o) do values[k] = v end
    local code = support.with(session, { run = function(_, s) spec = s return 3 end }, run.main, values)
    return spec, code
  end

  it("gives the run's code, and runs alone", function()
    local spec, code = spec_of { workers = 2 }
    assert.equal(3, code)
    assert.same({ "return 1", 2, true }, { spec.text, spec.workers, spec.options.exclusive })
  end)
  it("walks once beside others", function()
    local spec = spec_of { once = "visit" }
    assert.same({ once = "visit" }, spec.options)
  end)
  it("reads the interval, and leaves out one that was missed", function()
    assert.equal("2001-01-01T00:00:00.000Z/2001-01-01T01:00:00.000Z", spec_of({ for_interval = "2001-01-01T00:00:00Z/2001-01-01T01:00:00Z" }).options.interval)
    local _, code, progress = support.output(function() return (select(2, spec_of { for_interval = "2001-01-01T00:00:00Z/2001-01-01T01:00:00Z", catch_up = "skip" })) end)
    assert.equal(0, code)
    assert.matches("was missed", progress, 1, true)
  end)
  it("refuses what does not go together", function()
    local function refused(o) return (support.message(spec_of, o)) end
    assert.matches("--catch-up goes with --for-interval", refused { catch_up = "last" }, 1, true)
    assert.matches("--catch-up all is not in this version", refused { catch_up = "all", for_interval = "x" }, 1, true)
  end)
  it("asks for the arguments alone when help is wanted", function()
    local spec
    support.with(session, { run = function(_, s) spec = s end }, run.help, { playbook, args = {} })
    assert.equal("args", spec.options.only)
    assert.has_no.errors(function() run.help {} end)
  end)
end)
