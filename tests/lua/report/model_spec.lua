local database = require "perilune.database"
local model = require "perilune.report.model"
local support = require "lua.support"
local timeline = require "perilune.core.timeline"

describe("the model of a report", function()
  teardown(support.clean)

  --- The model of one run; `put(db, row)` adds to it.
  local function read(run, put, options)
    run.ulid = "01A"
    local db, rows = support.timeline { run }
    if put then
      put(function(operation, fields)
        fields.run = rows[1]
        assert(timeline.put(db, operation, fields))
      end)
    end
    return model.read(database.open(db), "01A", options)
  end

  it("is of the run that is named", function()
    local message, code = support.message(model.read, database.open(support.timeline { { ulid = "01A" } }), "01B")
    assert.equal("report: there is no run 01B", message)
    assert.equal("not_found", code)
  end)
  it("has one grid of columns: a second each, more where it is long", function()
    assert.same({ from = 60000, to = 70000, step = 1, columns = 10, seconds = 10 }, read({}).grid)
    local long = read({}, function(put) put("run_end", { state = "passed", exit_code = 0, ended_ns = 3660000000000, result = "{}" }) end).grid
    assert.is_true(long.columns <= 240 and long.step * long.columns >= 3600)
  end)
  it("has objectives with all that was found", function()
    local m = read({}, function(put)
      put("objective_put", { idx = 1, expr = "error_ratio < 1%", severity = "fail", value = 0.5, lim = 0.01, samples = 9, verdict = "fail", detail = '{"unit":"ratio","why":"do not","value":7}' })
    end)
    assert.same({ expr = "error_ratio < 1%", unit = "ratio", why = "do not", value = 0.5, limit = 0.01, samples = 9, verdict = "fail" }, m.objectives[1])
  end)
  it("has events in seconds from the run's begin", function()
    local m = read({}, function(put) put("event_put", { kind = "deploy", text = "v2", ts_ns = 63000000000, duration_ns = 2000000000 }) end)
    assert.same({ 3, 2 }, { m.events[1].at, m.events[1].seconds })
  end)
  it("has arguments sorted, with the fields of objects, without empty ones", function()
    assert.same({ { "a", "1" }, { "b", "x" }, { "deep", "[1,2]" }, { "peak", "5/s" }, { "sla", "a < 1, b < 2" } }, read({ args = '{"peak":"5/s","sla":"a < 1\\nb < 2","load":"{\\"a\\":1,\\"b\\":\\"x\\"}","none":"","deep":[1,2]}' }).arguments)
  end)
  it("has the script only when asked", function()
    assert.is_nil(read({ script = "return 7" }).script)
    assert.equal("return 7", read({ script = "return 7" }, nil, { with_script = true }).script)
  end)
  it("reads a run that left no result, and takes null for nothing", function()
    local m = read { state = "running" }
    assert.same({ {}, "interrupted" }, { m.result, m.verdict })
    local null = read({}, function(put) put("run_end", { state = "failed", exit_code = 3, ended_ns = 61000000000, result = '{"loads":[{"url":null}]}' }) end)
    assert.same({ loads = { {} } }, null.result)
  end)
end)
