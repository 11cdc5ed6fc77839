local db = require "perilune.cmd.db"
local support = require "lua.support"

describe("perilune db", function()
  local path
  setup(function() path = support.timeline { { ulid = "01A" }, { ulid = "01B" } } end)
  teardown(support.clean)

  it("counts", function()
    assert.matches("runs +2\n", (support.output(db.main, { "stats", db = path })))
    assert.equal(2, support.json_of(db.main, { "stats", db = path }).runs)
  end)
  it("checks, and says what is damaged", function()
    assert.matches("no damage found", (support.output(db.main, { "check", db = path })), 1, true)
    assert.is_true(support.json_of(db.main, { "check", db = path }).ok)
  end)
  it("copies, but over nothing", function()
    local copy = support.folder() .. "/copy.db"
    assert.equal(copy .. "\n", (support.output(db.main, { "backup", copy, db = path })))
    assert.equal(2, support.json_of(db.main, { "stats", db = copy }).runs)
    local message, code = support.message(db.main, { "backup", copy, db = path })
    assert.matches("exists already; nothing was written", message, 1, true)
    assert.equal("denied", code)
    assert.matches("the copy's file is missing", (support.message(db.main, { "backup", db = path })), 1, true)
  end)
  it("knows its actions", function()
    local message, code = support.message(db.main, { "stat", db = path })
    assert.matches('unknown action "stat"; did you mean "stats"?', message, 1, true)
    assert.equal("usage", code)
    assert.equal("unsupported", select(2, support.message(db.main, { "gc", db = path })))
  end)
end)
