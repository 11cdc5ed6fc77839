local compare = require "perilune.cmd.compare"
local support = require "lua.support"

describe("perilune compare", function()
  teardown(support.clean)

  local function numbers(from)
    local lines = {}
    for i = 1, 40 do lines[i] = from + i % 5 end
    return support.file("n.txt", table.concat(lines, "\n") .. "\n")
  end

  it("judges two files of numbers: less is better, unless said otherwise", function()
    local low, high = numbers(100), numbers(200)
    local _, worse = support.output(compare.main, { low, high })
    local _, better = support.output(compare.main, { low, high, better = "higher" })
    assert.same({ 3, 0 }, { worse, better })
    local facts, code = support.json_of(compare.main, { low, low })
    assert.same({ "perilune.compare/1", 0 }, { facts.schema, code })
  end)
  it("finds nothing where run-to-run noise is unknown", function()
    local db = support.timeline { { ulid = "01A", loads = { support.load_figures(100, 0.1) } }, { ulid = "01B", loads = { support.load_figures(100, 0.9) } } }
    local text, code = support.output(compare.main, { "last~1", "last", db = db })
    assert.equal(4, code)
    assert.matches("run%-to%-run noise", text)
  end)
  it("tells of a run on both sides", function()
    local db = support.timeline { { ulid = "01A", labels = { commit = "a", os = "x" }, loads = { support.load_figures(100, 0.1) } },
      { ulid = "01B", labels = { commit = "b", os = "x" }, loads = { support.load_figures(100, 0.1) } } }
    assert.matches("note: run 01B is on both sides", (support.output(compare.main, { "last", "01b", db = db })), 1, true)
    assert.same({ "01A" }, support.json_of(compare.main, { "label:commit=a", "label:os=x", db = db }).shared_runs)
    assert.is_nil((support.output(compare.main, { "last~1", "last", db = db })):find("both sides", 1, true))
  end)
  it("judges sides of several runs", function()
    local runs = {}
    for i = 1, 4 do
      runs[#runs + 1] = { ulid = "01A" .. i, labels = { commit = "old" }, loads = { support.load_figures(100, 0.1 + i / 1000) } }
      runs[#runs + 1] = { ulid = "01B" .. i, labels = { commit = "new" }, loads = { support.load_figures(100, 0.9 + i / 1000) } }
    end
    local _, code = support.output(compare.main, { "label:commit=old", "label:commit=new", db = support.timeline(runs) })
    assert.equal(3, code)
  end)
  it("tells of warm-up and of trends, of every run of a side", function()
    local runs = {}
    for i = 1, 3 do
      local before, now = support.load_figures(100, 0.1), support.load_figures(100, 0.1)
      if i > 1 then before.steadiness = { seconds = 60, begins_apart_s = 8, warmup_s = 0, unsettled = false } end
      now.steadiness = { seconds = 60, begins_apart_s = 0, unsettled = false, trend = { change = 0.2, p = 1e-5 } }
      runs[#runs + 1] = { ulid = "01A" .. i, labels = { commit = "old" }, loads = { before } }
      runs[#runs + 1] = { ulid = "01B" .. i, labels = { commit = "new" }, loads = { now } }
    end
    local db = support.timeline(runs)
    local notes = table.concat(support.json_of(compare.main, { "label:commit=old", "label:commit=new", db = db }).notes, "\n")
    assert.matches('load 1 of A begins with what looks like warm%-up.*warmup = "8s".*of 1 more of these runs', notes)
    assert.matches("load 1 of B has a trend.*%+20.0 %%.*of 2 more of these runs", notes)
    local text = (support.output(compare.main, { "label:commit=old", "label:commit=new", db = db }))
    assert.matches("note: load 1 of A begins with what looks like warm-up", text, 1, true)
    for line in text:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
  end)
  it("says what cannot be compared", function()
    local db, path = support.timeline { { ulid = "01A" } }, numbers(1)
    assert.matches("01A has no load to compare", (support.message(compare.main, { "01A", "01A", db = db })), 1, true)
    local message, code = support.message(compare.main, { path, "no/such.txt" })
    assert.matches("there is no file no/such.txt", message, 1, true)
    assert.equal("not_found", code)
  end)
end)
