local clock = require "perilune.core.clock"
local engine_timeline = require "perilune.core.timeline"
local support = require "lua.support"
local timelines = require "perilune.report.timeline"

describe("the series of a run on the report's grid", function()
  local function timeline_of(times, values, seconds)
    local reader = {}
    function reader:series() return { { id = 1, labels = {} } } end
    function reader:samples() return times, values end
    return timelines.open(reader, { id = 1, started_ns = 0, ended_ns = (seconds or 6) * 1000000000 })
  end
  local function all() return "all" end

  it("are at most 240 columns", function()
    assert.same({ from = 0, to = 6000, step = 1, columns = 6, seconds = 6 }, timelines.grid { started_ns = 0, ended_ns = 6000000000 })
    local long = timelines.grid { started_ns = 0, ended_ns = 3600000000000 }
    assert.is_true(long.columns <= 240 and long.step * long.columns >= 3600)
  end)
  it("are of the rows of an import that has no load beside them", function()
    local row = { name = "import", playbook = "/x/import", started_ns = 1e18 // 1 | 0, ended_ns = (1e18 // 1 | 0) + 5000000000, result = '{"imports":[{"from":1000,"to":4600}]}' }
    local grid = timelines.grid(row)
    assert.same({ 1000000, 3600 }, { grid.from, grid.seconds })
    row.result = '{"imports":[{"from":1000,"to":4600}],"loads":[{}]}'
    assert.equal(5, timelines.grid(row).seconds)
    row.result = "no JSON"
    assert.equal(5, timelines.grid(row).seconds)
  end)
  it("reach to now while the run goes on", function()
    local row = { state = "running", started_ns = clock.wall() - 9000000000 }
    support.with(engine_timeline, { alive = function() return true end }, function() assert.is_true(timelines.grid(row).seconds >= 9) end)
    support.with(engine_timeline, { alive = function() return false end }, function() assert.equal(1, timelines.grid(row).seconds) end)
  end)
  it("share a counter's growth among the columns that two samples span", function()
    assert.same({ [2] = 5, [3] = 5, [4] = 2, [5] = 2 }, timeline_of({ 0, 2000, 4000 }, { 0, 10, 14 }):rates("x", all).all)
  end)
  it("have a load's counter where its seconds begin, also as older versions wrote it", function()
    local function answered(times, values)
      local t = timeline_of(times, values)
      function t.reader.series() return { { id = 1, kind = "counter", name = "load_requests_total", labels = { source = "load" } } } end
      return t:rates("load_requests_total", all).all
    end
    assert.same({ 10, 20, 4 }, answered({ 500, 1500, 2500, 2540 }, { 0, 10, 30, 34 }))
    assert.same({ 10, 20, 4 }, answered({ 499, 500, 1500, 2500 }, { 0, 10, 30, 34 }))
    assert.same({ 5, 5, 7 }, answered({ 0, 2000, 3000 }, { 0, 10, 17 }))
  end)
  it("take a counter that began anew for no growth", function()
    assert.same({ [3] = 1 }, timeline_of({ 0, 1000, 2000 }, { 7, 2, 3 }):rates("x", all).all)
  end)
  it("leave out what is not of the run's time, but for what came just before or after", function()
    assert.same({ 3, 3, 3, 3, 3, 9 }, timeline_of({ -5000, -500, 6500, 90000 }, { 1, 3, 9, 7 }):gauge "x")
    assert.same({}, timeline_of({ -9000, -5000 }, { 1, 3 }):rates("x", all).all)
  end)
  it("hold a gauge between its samples, but not where some are missing", function()
    assert.same({ 1, 1, 2, 2, 3 }, timeline_of({ 0, 2000, 4000 }, { 1, 2, 3 }):gauge "x")
    assert.same({ 1, 2, 3, 4, [12] = 5 }, timeline_of({ 0, 1000, 2000, 3000, 11000 }, { 1, 2, 3, 4, 5 }, 12):gauge "x")
  end)
end)
