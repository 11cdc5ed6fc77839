local control = require "perilune.cmd.control"
local database = require "perilune.database"
local history = require "perilune.history"
local support = require "lua.support"
local timeline = require "perilune.core.timeline"

describe("perilune control", function()
  teardown(support.clean)

  --- Says a word to a run that lives and answers with this text.
  local function answered(word, text)
    local db, rows = support.timeline { { ulid = "01A", state = "running" } }
    local function records(reader, operation, fields)
      if operation ~= "control_get" then return assert(reader:record(operation, fields)) end
      assert(timeline.put(db, "event_put", { run = rows[1], kind = "control", text = text, ts_ns = 1 }))
      assert(timeline.put(db, "control_done", { id = fields.id, done_ns = 1 }))
      return assert(reader:record(operation, fields))
    end
    return support.with(database, { records = records }, support.with, history, { describe = function() return { verdict = "running" } end }, support.output, control.main, { "01A", word, db = db })
  end

  it("waits for what the run did", function()
    assert.equal("shop: 800/s\n", (answered("rate=800/s", "shop: 800/s")))
  end)
  it("tells when the run refused", function()
    assert.equal("no load is on its way", (support.message(answered, "pause", "refused: no load is on its way")))
  end)
  it("says a word to a run on its way only", function()
    local message, code = support.message(control.main, { "01A", "pause", db = support.timeline { { ulid = "01A" } } })
    assert.equal("run 01A is not on its way: it is pass", message)
    assert.equal("invalid", code)
  end)
  it("reads the word before it looks for the run", function()
    assert.matches('control "faster"', (support.message(control.main, { "01A", "faster", db = "/no/such.db" })), 1, true)
  end)
end)
