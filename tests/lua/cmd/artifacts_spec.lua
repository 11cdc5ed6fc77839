local artifacts = require "perilune.cmd.artifacts"
local engine = require "perilune.core.engine"
local support = require "lua.support"
local timeline = require "perilune.core.timeline"

describe("perilune artifacts", function()
  local db
  setup(function()
    local rows
    db, rows = support.timeline { { ulid = "01A" }, { ulid = "01B" } }
    local function put(name, data, more)
      local row = { run = rows[1], name = name, type = "text/plain", ts_ns = 60000000000, duration_ns = 2000000000, labels = '{"a":"b"}', bytes = #data, sha256 = engine.sha256(data), data = data }
      for k, v in pairs(more or {}) do row[k] = v end
      assert(timeline.put(db, "artifact_put", row))
    end
    put("plan.txt", "old")
    put("plan.txt", "text\0\255 of all bytes\n")
    put("bad.bin", "x", { sha256 = "00" })
  end)
  teardown(support.clean)

  it("lists those of a run", function()
    assert.matches("1 +plan.txt +text/plain +3 B +1970%-01%-01 00:01:00 +2 s +%x+\n", (support.output(artifacts.main, { "01A", db = db })))
    assert.matches("the run 01B keeps no artifacts", (support.output(artifacts.main, { db = db })), 1, true)
    local answer = support.json_of(artifacts.main, { "01A", db = db })
    assert.equal(3, #answer.artifacts)
    assert.same({ 1, "plan.txt", "text/plain", 3, "1970-01-01T00:01:00.000Z", "1970-01-01T00:01:02.000Z" },
      { answer.artifacts[1].id, answer.artifacts[1].name, answer.artifacts[1].type, answer.artifacts[1].bytes, answer.artifacts[1].from, answer.artifacts[1].to })
    assert.equal("b", answer.artifacts[1].labels.a)
  end)
  it("writes one as it was: the last of a name, or that of a number", function()
    assert.equal("text\0\255 of all bytes\n", (support.output(artifacts.main, { "01A", "plan.txt", db = db })))
    assert.equal("old", (support.output(artifacts.main, { "01A", "1", db = db })))
    local place = support.folder() .. "/out"
    artifacts.main { "01A", "plan.txt", output = place, db = db }
    assert.equal("text\0\255 of all bytes\n", support.read(place))
  end)
  it("says what it cannot give", function()
    local message, code = support.message(artifacts.main, { "01A", "plan.tx", db = db })
    assert.matches('keeps no "plan.tx"; did you mean "plan.txt"?', message, 1, true)
    assert.equal("not_found", code)
    assert.equal("corrupt", select(2, support.message(artifacts.main, { "01A", "bad.bin", db = db })))
    assert.equal("usage", select(2, support.message(artifacts.main, { "01A", output = "x", db = db })))
    assert.equal("usage", select(2, support.message(artifacts.main, { "01A", "plan.txt", json = "-", db = db })))
  end)
end)
