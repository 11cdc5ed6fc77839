local database = require "perilune.database"
local json = require "perilune.core.json"
local logs = require "perilune.report.logs"
local support = require "lua.support"
local timeline = require "perilune.core.timeline"
local timelines = require "perilune.report.timeline"

describe("the logs of a run", function()
  teardown(support.clean)

  --- The logs of a run of ten seconds that began at 60 s: { second, severity, number, text, trace_id } each.
  local function read(list)
    local db, rows = support.timeline { { ulid = "01A" } }
    local events = {}
    for i, l in ipairs(list) do
      events[i] = { ts_ns = math.floor((60 + l[1]) * 1e9), duration_ns = 0, text = l[4], data = { severity = l[2], severity_number = l[3], service = "shop", trace_id = l[5] } }
    end
    assert(timeline.put(db, "events_put", { run = rows[1], kind = "log", events = json.encode(json.array(events)) }))
    local reader = database.open(db)
    return logs.read(timelines.open(reader, database.run(reader, "01A")))
  end

  it("are nothing where none came", function()
    local found = read {}
    assert.same({ 0, 0, 0 }, { found.total, #found.severities, #found.messages })
  end)
  it("are counted by severity and time, the most severe first", function()
    local found = read { { 1, "info", 9, "a" }, { 1.5, "info", 10, "b", "t1" }, { 3, "error", 17, "c" }, { -5, "unset", nil, "d" }, { 4, "info", 9, "e" } }
    assert.same({ 5, 1 }, { found.total, found.traced })
    local names = {}
    for i, s in ipairs(found.severities) do names[i] = s.name .. " " .. s.count end
    assert.same({ "error 1", "info 3", "unset 1" }, names)
    assert.same({ [2] = 2, [5] = 1 }, found.severities[2].values)
    assert.same({ 61000000000, 64000000000 }, { found.severities[2].first_ns, found.severities[2].last_ns })
    assert.same({}, found.severities[3].values, "what came before the run is on no column")
  end)
  it("are one message where only numbers and ids differ", function()
    local found = read { { 1, "warn", 13, "order 17 took 1,500.5 ms" }, { 2, "warn", 13, "order 9 took 3 ms" }, { 3, "warn", 13, "trace 4bf92f3577b34da6 defaced" }, { 4, "warn", 13, "trace 00f067aa0ba902b7 defaced" },
      { 5, "error", 17, "order 9 took 3 ms" }, { 6, "warn", 13, "order 1 took 1 ms" } }
    local m = found.messages
    assert.same({ "error", 1 }, { m[1].severity, m[1].count })
    assert.same({ 3, "order 17 took 1,500.5 ms", "order 1 took 1 ms", "shop" }, { m[2].count, m[2].first, m[2].last, m[2].service })
    assert.same({ 2, 3 }, { m[3].count, #m })
  end)
  it("are at most twenty messages, the others counted", function()
    local list = {}
    for i = 1, 25 do list[i] = { 1, "info", 9, ("x"):rep(i) } end
    local found = read(list)
    assert.same({ 20, 5, 25 }, { #found.messages, found.more, found.read })
  end)
end)
