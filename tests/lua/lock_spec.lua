local support = require "lua.support"
local timeline = require "perilune.core.timeline"
local forgotten = {}
support.without_run { writer = { record = function(name, fields) forgotten[#forgotten + 1] = { name, fields.run } return 1 end } }
local lock = require "perilune.lock"

describe("one run of a playbook at a time", function()
  before_each(function() forgotten = {} end)

  --- Takes the lock while these rows run; a row lives unless it says dead. `appears`: rows that are there only after ours.
  local function take(rows, appears)
    local run = { name = "shop" }
    local function records() return { record = function() return rows end } end
    run.reader = records
    local began = 0
    support.with(timeline, { alive = function(boot) return boot ~= "dead" end }, lock.take, run, function(r)
      began, r.row = began + 1, 7
      rows = appears or rows
    end)
    return run, began
  end
  local function row(id, boot) return { id = id, name = "shop", ulid = "01A", pid = 42, boot_id = boot, started_ns = 0 } end

  it("begins where none lives", function()
    local run, began = take { row(3, "dead") }
    assert.same({ 7, 1 }, { run.row, began })
  end)
  it("is refused while another lives, before anything is written", function()
    local message, code = support.message(take, { row(3) })
    assert.matches("^shop runs already: run 01A, pid 42, for .*; nothing was sent$", message)
    assert.equal("busy", code)
    assert.same({}, forgotten)
  end)
  it("is the older row's when two began at once", function()
    assert.equal("busy", select(2, support.message(take, {}, { row(3), row(7) })))
    assert.same({ { "run_forget", 7 } }, forgotten)
    assert.has_no.errors(function() take({}, { row(7), row(9) }) end)
  end)
  it("finds the run that was judged for an interval", function()
    local asked
    local run = { name = "shop", reader = function() return { record = function(_, ...) asked = { ... } return { { ulid = "01A" } } end } end }
    assert.equal("01A", lock.finished(run, "k").ulid)
    assert.same({ "run_of_interval", { name = "shop", interval_key = "k" } }, asked)
  end)
end)
