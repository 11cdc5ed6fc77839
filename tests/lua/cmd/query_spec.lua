local core = require "perilune.core.promql"
local database = require "perilune.database"
local query = require "perilune.cmd.query"
local support = require "lua.support"

describe("perilune query", function()
  local db
  setup(function() db = support.timeline { { ulid = "01A", started_ns = 1700000000000000000 } } end)
  teardown(support.clean)

  --- Asks with this answer; gives what is written, and what was asked.
  local function ask(o, answer)
    local asked
    local function run(_, ...)
      asked = { ... }
      return answer or { type = "vector", series = {} }
    end
    o.db = db
    local text = support.with(core, { run = run }, support.output, query.main, o)
    return text, asked
  end
  local VECTOR = { type = "vector", series = { { labels = { __name__ = "up", job = "a" }, times = { 5 }, values = { 1 } }, { labels = { __name__ = "up", job = "bb" }, times = { 5 }, values = { 0.5 } } } }

  it("shows a row a series", function()
    assert.equal('  up{job="a"}     1\n  up{job="bb"}  0.5\n', (ask({ "up", time = "5" }, VECTOR)))
  end)
  it("says once on a terminal where all series are from", function()
    local found = { type = "vector", series = {} }
    for i = 1, 2 do found.series[i] = { labels = { __name__ = "up", instance = "h", role = "both", source = "s" .. i, job = "a" }, times = { 5 }, values = { i } } end
    assert.matches('up{instance="h", job="a", role="both", source="s1"}  1\n', (ask({ "up", time = "5" }, found)), 1, true)
    local text = support.with(core, { run = function() return found end }, support.shown, query.main, { "up", time = "5", db = db })
    assert.equal('all of {instance="h", role="both"}\n  up{job="a", source="s1"}  1\n  up{job="a", source="s2"}  2\n', text)
    found.type = "matrix"
    text = support.with(core, { run = function() return found end }, support.shown, query.main, { "up", start = "5", ["end"] = "5", step = 1, db = db })
    assert.matches('^all of {instance="h", role="both"}\nup{job="a", source="s1"}\n', text)
  end)
  it("shows the values of a series below it", function()
    local text = ask({ "up", start = "0", ["end"] = "60", step = 60 }, { type = "matrix", series = { { labels = { __name__ = "up" }, times = { 0, 60 }, values = { 1, 2 } } } })
    assert.equal("up\n  1970-01-01T00:00:00.000Z  1\n  1970-01-01T00:01:00.000Z  2\n", text)
  end)
  it("shows a number and a text as they are, and says where nothing is", function()
    assert.equal("2\n", (ask({ "1+1" }, { type = "scalar", series = { { labels = {}, times = { 0 }, values = { 2 } } } })))
    assert.equal("a\n", (ask({ '"a"' }, { type = "string", series = {}, string = "a" })))
    assert.matches("nothing at 1970-01-01T00:00:05.000Z", (ask { "sum(up)", time = "5" }), 1, true)
    assert.equal("nothing in that time\n", (ask { "sum(up)", start = "5", step = 1 }))
  end)
  it("says of a selector that no series has its name", function()
    local rows = { series_names = { { name = "load_requests_total" } }, hourly_names = {}, series_newest = {} }
    local stored = setmetatable({ record = function(_, name) return rows[name] end }, { __index = error })
    local function answer(expr)
      return (support.with(database, { open = function() return stored end }, ask, { expr, time = "5" }))
    end
    assert.equal('no series is named "load_request_total"; did you mean "load_requests_total"?\n', answer "load_request_total")
    assert.equal('no series is named "up"\n', answer 'up{job="a"}[5m]')
    assert.equal('no series is named "latency"; it is a short name of objectives, which read load_latency_seconds\n', answer "latency")
    assert.matches("^nothing at", answer 'load_requests_total{job="a"}')
    assert.matches("^nothing at", answer "sum(up)")
  end)
  it("says when the newest value is where all are older", function()
    local asked
    local stored = { record = function(_, name, fields)
      if name ~= "series_newest" then return {} end
      asked = fields
      return { { name = "orders", ns = 4000000000 } }
    end }
    local function answer(o) return (support.with(database, { open = function() return stored end }, ask, o)) end
    local said = "; the newest value of orders is of 1970-01-01T00:00:04.000Z"
    assert.equal("nothing at 1970-01-01T00:10:00.000Z" .. said .. ": --time 1970-01-01T00:00:04.000Z\n", answer { "sum(orders)", time = "600" })
    assert.same({ names = '["sum","orders"]' }, asked)
    assert.equal("nothing in that time" .. said .. "\n", answer { "sum(orders)", start = "5", step = 1 })
    assert.equal("nothing in that time\n", answer { "sum(orders)", start = "1", ["end"] = "2", step = 1 })
  end)
  it("says that a series is kept by the hour where that is why nothing is there", function()
    local asked
    local stored = { record = function(_, _, fields)
      asked = fields
      return { { name = "cpu_busy" } }
    end }
    local function answer(o) return (support.with(database, { open = function() return stored end }, ask, o)) end
    local advice = "; cpu_busy is kept by the hour there: ask for longer, such as last_over_time(cpu_busy[2h])\n"
    assert.equal("nothing at 1970-01-01T00:00:05.000Z" .. advice, answer { "max by (job) (rate(cpu_busy[5m]))", time = "5" })
    assert.same({ names = '["max","by","job","rate","cpu_busy","m"]', from_ns = 5000000000, to_ns = 5000000000 }, asked)
    assert.equal("nothing in that time" .. advice, answer { "cpu_busy", start = "5", ["end"] = "6", step = 1 })
    assert.same({ names = '["cpu_busy"]', from_ns = 5000000000, to_ns = 6000000000 }, asked)
  end)
  it("takes moments as numbers and as dates", function()
    assert.same({ "up", 0, 5500 }, select(2, ask { "up", time = "5.5" }))
    assert.same({ "up", 0, 1700000000000 }, select(2, ask { "up", time = "2023-11-14T22:13:20Z" }))
    assert.same({ "up", 0, 1000, 9000, 2000 }, select(2, ask { "up", start = "1", ["end"] = "9", step = 2 }))
  end)
  it("narrows to a run, whose begin and end are the usual ones", function()
    local _, asked = ask { "up", run = "last", step = 2 }
    assert.equal(1700000000000, asked[3])
    assert.is_true(asked[2] > 0 and asked[4] >= asked[3])
  end)
  it("writes Prometheus's JSON", function()
    local object = support.with(core, { run = function() return VECTOR end }, support.json_of, query.main, { db = db, "up", time = "5" })
    assert.equal("vector", object.resultType)
    assert.same({ metric = { __name__ = "up", job = "bb" }, value = { 5, "0.5" } }, object.result[2])
  end)
  it("says what is wrong", function()
    for why, o in pairs { ["--time soon is no moment"] = { time = "soon" }, ["need --step"] = { start = "5" }, ["needs --start"] = { step = 5 }, ["--end is before --start"] = { start = "5", ["end"] = "4", step = 1 },
      ["--time is one moment"] = { time = "5", step = 1 } } do
      o[1], o.db = "up", db
      local message, code = support.message(query.main, o)
      assert.matches(why, message, 1, true)
      assert.equal("usage", code)
    end
    local message, code = support.message(query.main, { db = db, "up + absent(down)" })
    assert.matches("PromQL's absent is not in this version\n  up + absent(down)\n       ^", message, 1, true)
    assert.equal("usage", code)
  end)
end)
