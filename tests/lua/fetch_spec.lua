local support = require "lua.support"
local put, sent
support.without_run { writer = { sync = function() return true end }, history = { put = function(what) put[#put + 1] = what return { samples = 3, refused = 0 } end } }
local clock = require "perilune.core.clock"
local fetch = require "perilune.fetch"

describe("run:fetch", function()
  local covered, labels, there, run
  before_each(function()
    put, sent, covered, labels = {}, {}, {}, nil
    there = { { id = 2, labels = { job = "a", source = "prometheus", role = "other", origin = "production" } } }
    local reader = {}
    function reader:series(name)
      if name ~= "fetched_seconds" then return there end
      return labels and { { id = 1, labels = labels } } or {}
    end
    function reader:samples(id)
      if id == 2 then return { 960000, 1020000 }, { 5, 6 } end
      local times, values = {}, {}
      for i, c in ipairs(covered) do times[i], values[i] = c[1] * 1000, c[2] - c[1] end
      return times, values
    end
    run = support.run { reader = function() return reader end, http = function(_, o) sent[#sent + 1] = o return { text = "answer", url = o.url } end }
  end)
  local function ask(options)
    local o = { url = "http://h:9090", query = "up", from = "-10m", step = "1m" }
    for name, value in pairs(options or {}) do o[name] = value end
    return support.with(clock, { wall = function() return 1030e9 end }, fetch.run, run, "prometheus", o)
  end

  it("asks for what is missing, at multiples of the step", function()
    labels, covered = { query = "up", step = "60" }, { { 480, 720 } }
    local got = ask()
    assert.same({ 480, 1020, 1, 3 }, { got.from, got.to, got.requests, got.samples })
    assert.same({ query = "up", start = "720", ["end"] = "1020", step = "60" }, sent[1].query)
    assert.same({ query = "up", step = "60", from = 720, seconds = 360, nothing = true }, put[1].covered)
    assert.same({ "prometheus", "h:9090", "other", "production", "up", "answer" }, { put[1].system, put[1].instance, put[1].role, put[1].origin, put[1].name, put[1].body })
  end)
  it("asks nothing when all is there", function()
    labels, covered = { query = "up", step = "60" }, { { 0, 600 }, { 600, 1080 } }
    assert.equal(0, ask().requests)
    assert.equal(0, #sent)
  end)
  it("asks for long stretches in pieces", function()
    assert.equal(3, ask({ from = 0, to = 25000 * 60 }).requests)
    assert.equal("599940", sent[1].query["end"])
    assert.equal("600000", sent[2].query.start)
  end)
  it("gives the points of all series, those of a single one as its list", function()
    local got = ask()
    assert.same({ { time = 960, value = 5 }, { time = 1020, value = 6 } }, { got[1], got[2] })
    assert.same({ labels = { job = "a" }, { time = 960, value = 5 }, { time = 1020, value = 6 } }, got.series[1])
  end)
  it("tells series of another origin apart", function()
    there[2] = { id = 2, labels = { job = "a", source = "prometheus", role = "other", origin = "synthetic" } }
    local got = ask()
    assert.same({ { job = "a" }, { job = "a", origin = "synthetic" } }, { got.series[1].labels, got.series[2].labels })
  end)
  it("says what it asked where it found nothing, and holds no name for that", function()
    there = {}
    assert.same({ 0, 1 }, { #ask().series, #sent })
    assert.is_false(put[1].covered.nothing)
    assert.same({ "fetch up: nothing found: http://h:9090 has no values of up from 1970-01-01T00:08:00.000Z to 1970-01-01T00:17:00.000Z by 60 s" }, run.notes)
    support.with(clock, { wall = function() return 1030e9 end }, fetch.run, run, "prometheus", { url = "http://h:9090", query = "up" })
    assert.equal("fetch up: nothing found: http://h:9090 has no values of up at 1970-01-01T00:17:10.000Z", run.notes[2])
  end)
  it("asks for a moment without a step", function()
    local got = support.with(clock, { wall = function() return 1030e9 end }, fetch.run, run, "prometheus", { url = "http://h:9090", query = "up" })
    assert.same({ 1030, 1030, 1 }, { got.from, got.to, got.requests })
    assert.same({ "http://h:9090/api/v1/query", { query = "up", time = "1030" } }, { sent[1].url, sent[1].query })
    assert.is_nil(put[1].covered)
    assert.matches("from needs a step", support.message(fetch.run, run, "prometheus", { url = "http://h:9090", query = "up", from = "-1h" }), 1, true)
  end)
  it("holds one query under a name", function()
    labels = { query = "up", step = "30" }
    assert.matches('up holds the query "up" with step 30 already', support.message(ask), 1, true)
    labels = { query = "down", step = "60" }
    assert.matches("give this one another name by as", support.message(ask), 1, true)
  end)
  it("passes on how to ask", function()
    ask { auth = { bearer = "x" }, timeout = "5s" }
    assert.same({ "x", 5 }, { sent[1].auth.bearer, sent[1].timeout })
  end)
  it("says what the server said", function()
    run.http = function() error({ code = "status", message = "GET x: 400", answer = { json = function() return "parse error" end } }, 0) end
    assert.equal("GET x: 400: parse error", (support.message(ask)))
    assert.equal(0, #put)
  end)
  it("refuses what it cannot ask", function()
    for why, o in pairs { ["no name of their own"] = { query = "sum(up)" }, ["is no moment"] = { from = "yesterday" }, ["no step between"] = { from = 1025, to = 1026 }, ["no metric name"] = { as = "a b" },
      ["at least 1ms"] = { step = 0.0001 }, ['did you mean "query"'] = { qeury = "x" } } do assert.matches(why, support.message(ask, o), 1, true) end
    assert.matches('did you mean "prometheus"', support.message(fetch.run, run, "promethus", {}), 1, true)
  end)
end)
