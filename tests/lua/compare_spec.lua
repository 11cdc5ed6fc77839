local json = require "perilune.core.json"
local support = require "lua.support"
local stored = {}
support.without_run { writer = { record = function(name, row) stored[#stored + 1] = { name, row } return #stored end, sync = function() return true end } }
local compare = require "perilune.compare"
local likeness = require "perilune.likeness"
local load = require "perilune.load"
local result = require "perilune.result"
local spread = require "perilune.spread"

-- A run on a timeline of rows in memory.
local function run_of(p50, earlier)
  local rows = {}
  for i, value in ipairs(earlier) do
    rows[i] = { id = i, ulid = "R" .. i, name = "shop", args = "{}", args_hash = "h", labels = "{}", started_ns = i, state = "passed",
      result = json.encode { loads = { { latency_s = { p50 = value, p99 = value * 2 }, rate_per_s = { achieved = 100 }, requests = { total = 10, failed = 0 } } } } }
  end
  local mine = { id = 99, ulid = "ME", name = "shop", args = "{}", args_hash = "h", labels = "{}", started_ns = 99, state = "running" }
  local answers = { runs_comparable = function() return rows end, baseline_get = function() return {} end, baselines_all = function() return {} end, runs_recent = function() return { mine, table.unpack(rows) } end,
    run_by_id_prefix = function(q) for _, r in ipairs(rows) do if r.ulid == q.prefix then return { r } end end return { mine } end }
  local reader = { record = function(_, name, query) return assert(answers[name], name)(query) end }
  local run = { id = "ME", row = 99, name = "shop", loads = {}, comparisons = {}, notes = {}, labels = {} }
  function run.reader() return reader end
  function run:note(text) self.notes[#self.notes + 1] = text end
  run.p50 = p50
  return run
end

describe("run:compare", function()
  it("says what keeps it from comparing", function()
    local run = run_of(0.1, {})
    assert.same({}, compare.run(run))
    assert.matches("no load has ended yet", run.notes[1], 1, true)
  end)
  it("goes on without a run that is not there yet, unless told to fail", function()
    local reader = { record = function() return {} end }
    for with, why in pairs { gold = 'neither a pinned baseline nor a run "gold"', last = 'nor a run "last"', pinned = 'no run is pinned as "default"' } do
      local run = run_of(0.1, {})
      run.loads, run.reader = { {} }, function() return reader end
      assert.same({}, compare.run(run, { with = with }))
      assert.matches("nothing to compare with yet: .*" .. why, run.notes[1])
      local message, code = support.message(compare.run, run, { with = with, missing = "fail" })
      assert.matches(why, message, 1, true)
      assert.equal("not_found", code)
    end
  end)
  it("asks which pinned run is meant where there are several", function()
    local run = run_of(0.1, {})
    run.loads = { {} }
    local pins = { { name = "gold", playbook = "shop" }, { name = "old", playbook = "shop" }, { name = "new", playbook = "cart" } }
    run.reader = function() return { record = function(_, name) return name == "baselines_all" and pins or {} end } end
    compare.run(run, { with = "pinned" })
    assert.matches('choose one: name = "gold" or "old"', run.notes[1], 1, true)
  end)
  it("knows its options and metrics", function()
    assert.matches("limit", (support.message(compare.run, run_of(1, {}), { limt = "5%" })), 1, true)
    local message = support.message(compare.run, run_of(1, {}), { metrics = { "p50(latncy)" } })
    assert.matches('unknown metric "p50(latncy)"', message, 1, true)
    message = support.message(compare.run, run_of(1, {}), { metrics = { {} } })
    assert.matches("unknown metric a table", message, 1, true)
    assert.matches('with = "pinned"', (support.message(compare.run, run_of(1, {}), { name = "gold" })), 1, true)
  end)
  --- Compares a load of this p50 with earlier runs (oldest first); repeats: what a load that is sent again gives.
  local function compared(p50, earlier, options, repeats, pinned, id)
    local newest_first = {}
    for i, v in ipairs(earlier) do newest_first[#earlier + 1 - i] = v end
    local run, sent = run_of(p50, newest_first), {}
    run.loads = { { names = { "a" }, p50 = p50, steadiness = {} } }
    if pinned then
      local reader = run.reader()
      run.reader = function()
        return { record = function(_, name, query)
          if name ~= "baseline_get" then return reader:record(name, query) end
          return { { id = id or 500, ulid = "PIN", name = "shop", args = "{}", args_hash = "h", labels = "{}", started_ns = 0, state = "passed",
            result = json.encode { loads = { { latency_s = { p50 = pinned, p99 = pinned * 2 }, rate_per_s = { achieved = 100 }, requests = { total = 10, failed = 0 } } } } } }
        end }
      end
    end
    local function figures(_, l) return { latency_s = { p50 = l.p50, p99 = l.p50 * 2 }, rate_per_s = { achieved = 100 }, requests = { total = 10, failed = 0 } } end
    local function step(_, name)
      sent[#sent + 1] = name
      return { p50 = repeats }
    end
    local list = support.with(result, { load = figures }, support.with, load, { step = step }, compare.run, run, options)
    return list, sent, run
  end
  local calm = { 0.1, 0.101, 0.099, 0.1, 0.102, 0.098, 0.1, 0.101 }
  it("repeats what regressed where that is asked, and fails what is worse again only", function()
    local list, sent, run = compared(0.2, calm, { confirm = true }, 0.21)
    assert.same({ "fail", { "a" } }, { list[1].verdict, sent })
    assert.matches("confirmed by a repeat (+109.8 %)", list[1].line, 1, true)
    assert.equal(list[1], run.comparisons[1])
    list, sent = compared(0.2, calm, { confirm = true }, 0.1)
    assert.same({ "inconclusive", { "a" } }, { list[1].verdict, sent })
    assert.matches("a repeat does not confirm it", list[1].line, 1, true)
    local wild = { 0.08, 0.12, 0.1, 0.09, 0.11, 0.1, 0.12, 0.08 }
    assert.equal("inconclusive", compared(0.3, wild, { confirm = true }, 0.12)[1].verdict) -- over the limit, but noise alone does that
    assert.equal("fail", compared(0.3, wild, { confirm = true }, 0.29)[1].verdict)
    list, sent = compared(0.2, calm)
    assert.same({ "fail", {} }, { list[1].verdict, sent })
    list, sent = compared(0.1, calm, { confirm = true })
    assert.same({ "pass", {} }, { list[1].verdict, sent })
  end)
  it("says once how this run differs from those that it is compared with", function()
    local _, _, run = support.with(likeness, { differences = function() return { "arguments: url b, was a" } end }, compared, 0.1, calm, nil, nil, 0.1)
    assert.same({ 'compared with the last 8 comparable passed runs and the baseline "default" although they differ: arguments: url b, was a' }, run.notes)
  end)
  it("sees small steps that have added up since the pinned run", function()
    local earlier = {}
    for i = 1, 10 do earlier[i] = 0.1 * 1.04 ^ i * (i % 2 == 0 and 1.01 or 0.99) end
    local list = compared(0.1 * 1.04 ^ 11, earlier, nil, nil, 0.1)
    local by = {}
    for _, c in ipairs(list) do by[c.against .. c.metric] = c end
    local pinned = by['the baseline "default"p50(latency)']
    assert.same({ true, "fail" }, { pinned.noise_known, pinned.verdict })
    assert.is_not.equal("fail", compared(0.103, calm, nil, nil, 0.1)[1].verdict)
  end)
  it("sees them, too, while the pinned run is one of the last ten", function()
    local earlier = {}
    for i = 0, 9 do earlier[i + 1] = 0.1 * 1.01 ^ i * (i % 2 == 0 and 1.001 or 0.999) end
    local list = compared(0.1 * 1.01 ^ 10, earlier, nil, nil, earlier[1], 10) -- ids count from the newest
    local of = {}
    for _, c in ipairs(list) do of[c.against .. c.metric] = c end
    assert.is_not.equal("fail", of["the last 10 comparable passed runsp50(latency)"].verdict)
    assert.equal("fail", of['the baseline "default"p50(latency)'].verdict)
    assert.equal(1, #compared(0.1, { 0.1 }, { metrics = { "p50(latency)" } }, nil, 0.1, 1))
  end)
  it("tells of warm-up and of a trend in the run that is compared", function()
    local run = run_of(0.1, calm)
    local measured = {}
    run.loads = { { names = { "a" } } }
    local function measure(_, l) measured[#measured + 1] = l end
    local function figures()
      return { latency_s = { p50 = 0.1 }, rate_per_s = { achieved = 100 }, requests = { total = 10, failed = 0 },
        steadiness = { seconds = 60, begins_apart_s = 8, warmup_s = 0, unsettled = false, trend = { change = 0.2, p = 1e-5 } } }
    end
    support.with(result, { load = figures }, support.with, spread, { add = measure }, compare.run, run, {})
    assert.same(run.loads, measured)
    assert.matches('load 1 of this run begins with what looks like warm%-up.*warmup = "8s"', table.concat(run.notes, "\n"))
    assert.matches("load 1 of this run has a trend.*%+20.0 %%", table.concat(run.notes, "\n"))
    local _, _, steady = compared(0.1, calm)
    assert.same({}, steady.notes)
  end)
  it("sets repeated runs of a label beside each other, instead of this run", function()
    local function row(id, ulid, p50)
      return { id = id, ulid = ulid, name = "shop", args = "{}", args_hash = "h", labels = "{}", started_ns = id, state = "passed",
        result = json.encode { loads = { { scenarios = { { name = "a" } }, latency_s = { p50 = p50 }, rate_per_s = { achieved = 100 }, requests = { total = 1000, failed = 0 } } } } }
    end
    local old, new = { row(1, "O1", 0.1), row(2, "O2", 0.101), row(3, "O3", 0.099) }, { row(4, "N1", 0.2), row(5, "N2", 0.201), row(6, "N3", 0.199) }
    local run = run_of(0.1, {})
    run.reader = function()
      return { record = function(_, name, q)
        if name == "runs_with_label" then return q.value == "old" and old or q.value == "new" and new or {} end
        if name == "run_by_id_prefix" then
          for _, list in ipairs { old, new } do
            for _, r in ipairs(list) do if r.ulid == q.prefix then return { r } end end
          end
        end
        return name == "runs_comparable" and { new[2], old[1], old[2] } or {}
      end }
    end
    local list = compare.run(run, { with = "label:commit=old", candidate = "label:commit=new" })
    assert.same({ "p50(latency)", "fail", { 3, 3 }, "a" }, { list[1].metric, list[1].verdict, list[1].n, list[1].scenario })
    list = compare.run(run, { candidate = "label:commit=new" })
    assert.same({ { 2, 3 } }, { list[1].n }, "candidates are not their own baseline")
    assert.same({}, compare.run(run, { candidate = "label:commit=none" }))
    assert.matches('candidate: there is no run "label:commit=none"', run.notes[#run.notes], 1, true)
    assert.equal("not_found", select(2, support.message(compare.run, run, { candidate = "label:commit=none", missing = "fail" })))
  end)
end)
