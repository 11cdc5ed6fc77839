local support = require "lua.support"
support.without_run { writer = { sync = function() return true end } }
local database = require "perilune.database"
local inquiry = require "perilune.inquiry"
local promql = require "perilune.promql"
local query = require "perilune.core.query"

describe("run:query", function()
  --- Asks with this answer for each stretch; gives the list, and what was asked of the timeline.
  local function ask(expr, options, answer, row)
    local asked, run = {}, support.run { started_ns = 100000000000, ended_ns = 110000000000 }
    run.prepared.world = { scenarios = {}, tags = {}, text = "", any_tag = true, any_label = true, reader = function() end }
    function run.reader() return {} end
    function run.series() return {} end
    local function scopes(_, id, _, from, to)
      asked[#asked + 1] = { id, from, to }
      return answer or { { scope = "", value = #asked, unit = "number", samples = 1 } }
    end
    local list = support.with(query, { scopes = scopes }, support.with, database, { records = function() return { { from_ms = 103000 } } end, run = function() return row end }, inquiry.run, run, expr, options)
    return list, asked
  end
  local function refused(options) return (support.message(ask, "max(load1)", options)) end

  it("is over the measured part, where nothing else is said", function()
    local list, asked = ask "max(load1)"
    assert.same({ { labels = {}, time = 103, value = 1, unit = "number", samples = 1 } }, list)
    assert.same({ { 1, {} } }, asked)
  end)
  it("is over a stretch: texts count from the run's begin, numbers are seconds since 1970", function()
    assert.same({ { 1, 102000, 105000 } }, select(2, ask("max(load1)", { from = "2s", to = 105 })))
    assert.same({ { 1, 102000, 110000 } }, select(2, ask("max(load1)", { from = "2s" })))
  end)
  it("is a value each step, the last one short", function()
    local list, asked = ask("max(load1)", { from = "1s", step = "4s" })
    assert.same({ { 1, 101000, 105000 }, { 1, 105000, 109000 }, { 1, 109000, 110000 } }, asked)
    assert.same({ 101, 105, 109 }, { list[1].time, list[2].time, list[3].time })
  end)
  it("lets others go on between the steps of a long stretch", function()
    local yields = 0
    support.with(require "perilune.task", { yield = function() yields = yields + 1 end }, ask, "max(load1)", { step = "100ms" })
    assert.equal(6, yields) -- of 100 steps
  end)
  it("is of what belongs to no run, where the run has nothing, and else tells so once", function()
    local run = support.run { started_ns = 100000000000, ended_ns = 110000000000 }
    run.prepared.world = { scenarios = {}, tags = {}, text = "", any_tag = true, any_label = true, reader = function() end }
    function run.reader() return {} end
    function run.series() return {} end
    local stored, asked
    local function scopes(_, id, _, from, to)
      table.insert(asked, { id, from, to })
      return id == 0 and stored or {}
    end
    local function ask_no_run(options, answer)
      stored, asked = answer, {}
      return support.with(query, { scopes = scopes }, support.with, database, { records = function() return {} end }, inquiry.run, run, "mean(load1)", options)
    end
    local fetched = { { scope = "", value = 4, unit = "number", samples = 3 } }
    assert.equal(4, ask_no_run({ from = 50, to = 60 }, fetched)[1].value)
    assert.same({ { 1, 50000, 60000 }, { 0, 50000, 60000 } }, asked)
    assert.equal(2, #ask_no_run({ from = 50, to = 60, step = "5s" }, fetched))
    assert.same({ { 1, 50000, 55000 }, { 0, 50000, 60000 }, { 0, 50000, 55000 }, { 1, 55000, 60000 }, { 0, 55000, 60000 } }, asked)
    assert.same({}, ask_no_run({ from = 50, to = 60, step = "5s" }, {}))
    assert.same({ { 1, 50000, 55000 }, { 0, 50000, 60000 }, { 1, 55000, 60000 } }, asked) -- steps without a value ask of no run once
    run.notes, run.unanswered = {}, {}
    assert.equal(4, ask_no_run({}, fetched)[1].value)
    assert.same({ { 1, {} }, { 0, 100000, 110000 } }, asked)
    assert.same({}, run.notes)
    for _ = 1, 2 do assert.same({}, ask_no_run({}, {})) end
    assert.same({ 'query "mean(load1)": nothing was stored of it in that time' }, run.notes)
    run.notes, run.unanswered = {}, {}
    stored, asked = {}, {}
    local rows, why = support.with(query, { scopes = scopes }, support.with, database, { records = function() return {} end }, inquiry.ask, run, "mean(load1)", {})
    assert.same({ {}, "nothing was stored of it in that time", {} }, { rows, why, run.notes })
  end)
  it("is of another run", function()
    local _, asked = ask("max(load1)", { run = "last", step = "5s" }, nil, { id = 9, started_ns = 0, ended_ns = 5000000000 })
    assert.same({ { 9, 0, 5000 } }, asked)
  end)
  it("has the labels of its scope, whatever stands in their values", function()
    local function labels(expr, scope) return ask(expr, nil, { { scope = scope, value = 1, unit = "number", samples = 1 } })[1].labels end
    assert.same({ scenario = "a", name = "x,y=z" }, labels("p50(latency) by (name)", "scenario=a,name=x,y=z"))
    assert.same({ scenario = "a" }, labels("p50(latency) by (scenario)", "scenario=a"))
    assert.same({ name = "x" }, labels("p50(latency{scenario='a'}) by (name)", "name=x"))
    assert.same({}, labels("max(load1)", ""))
  end)
  describe("of PromQL", function()
    local function asked_of(expr, options)
      local asked
      local function ask_promql(_, text, o)
        asked = { text, o }
        return { type = "vector", series = { { labels = { __name__ = "a_bytes", job = "x" }, times = { 1, 2 }, values = { 3, 4 } } } }
      end
      local list = support.with(promql, { ask = ask_promql }, ask, expr, options)
      return asked, list
    end
    it("is asked at the run's end, at a moment or at steps", function()
      assert.same({ "a_bytes", { run = 1, at = 110000.0 } }, (asked_of "a_bytes"))
      assert.same({ "a_bytes", { run = 1, at = 103000.0 } }, (asked_of("a_bytes", { at = "3s" })))
      assert.same({ "a_bytes", { run = 1, from = 101000.0, to = 110000.0, step = 2000.0 } }, (asked_of("a_bytes", { from = "1s", step = "2s" })))
    end)
    it("tells once of a name that no series has", function()
      local run = support.run { started_ns = 0, ended_ns = 1 }
      local reader = { record = function() return { { name = "up_total" } } end }
      function run.reader() return reader end
      local function empty() return { type = "vector", series = {} } end
      for _, expr in ipairs { "up_totals", "up_totals", "up_total", "up_totals > 5" } do assert.same({}, support.with(promql, { ask = empty }, inquiry.run, run, expr)) end
      assert.same({ 'query "up_totals": no series is named "up_totals"; did you mean "up_total"?' }, run.notes)
    end)
    it("is a row a value, with its labels", function()
      local _, list = asked_of "a_bytes"
      assert.same({ { labels = { __name__ = "a_bytes", job = "x" }, time = 1, value = 3, unit = "size" }, { labels = { __name__ = "a_bytes", job = "x" }, time = 2, value = 4, unit = "size" } }, list)
    end)
    it("needs a step between from and to, and at belongs to it", function()
      assert.equal("query: PromQL takes from and to with step, or at", (support.message(ask, "a_bytes", { from = "1s" })))
      assert.equal("query: at stands without from, to and step", (support.message(ask, "a_bytes", { at = "1s", step = "1s" })))
      assert.equal("query: from is not before to", (support.message(ask, "a_bytes", { from = "5s", to = "4s", step = "1s" })))
      assert.equal("query: at belongs to PromQL; write from and to", (support.message(ask, "max(load1)", { at = "1s" })))
    end)
  end)
  it("refuses what cannot be", function()
    assert.equal("query: from is not before to", refused { from = "5s", to = "5s" })
    for _, at in ipairs { 0 / 0, 1e300 } do assert.matches("query: from: .* is no moment", refused { from = at }) end
    assert.matches("more than 10000 steps", refused { step = "100us" }, 1, true)
    assert.equal("query: step is more than 0", refused { step = 0 })
    assert.matches("query: from", refused { from = {} }, 1, true)
    assert.matches("column", (support.message(ask, "max(")), 1, true)
  end)
end)
