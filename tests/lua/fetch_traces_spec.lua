local support = require "lua.support"
local put, sent, came
support.without_run { writer = { sync = function() return true end }, history = { put = function(what)
  put[#put + 1] = what
  return { traces = came and came(what) or 1, spans = 2, refused = 0 }
end } }
local clock = require "perilune.core.clock"
local fetch = require "perilune.fetch"

describe("run:fetch of traces", function()
  local covered, run, asked, empty
  before_each(function()
    put, sent, covered, came, asked, empty = {}, {}, {}, nil, nil, nil
    local reader = {}
    function reader:series() return #covered > 0 and { { id = 1, labels = { query = "service=shop", step = "0" } } } or {} end
    function reader:samples()
      local times, seconds = {}, {}
      for i, c in ipairs(covered) do times[i], seconds[i] = c[1] * 1000, c[2] - c[1] end
      return times, seconds
    end
    function reader:record(operation, fields)
      asked = { operation, fields }
      return empty and {} or { { ts_ns = 5, duration_ns = 1000000, trace_id = "1", span_id = "1", service = "shop", operation = "GET /", kind = "server", status = "error" } }
    end
    run = support.run { reader = function() return reader end, http = function(_, o) sent[#sent + 1] = o return { text = "answer", url = o.url } end }
  end)
  local function ask(options)
    local o = { url = "http://h:16686", service = "shop", from = "-10m" }
    for name, value in pairs(options or {}) do o[name] = value end
    return support.with(clock, { wall = function() return 1000e9 end }, fetch.run, run, "jaeger", o)
  end

  it("asks for what is missing, and for what is young once more", function()
    covered = { { 400, 500 }, { 600, 700 } }
    local got = ask()
    assert.same({ { "500000000", "599999999" }, { "700000000", "999999999" } }, { { sent[1].query.start, sent[1].query["end"] }, { sent[2].query.start, sent[2].query["end"] } })
    assert.same({ query = "service=shop", step = "0", from = 500, seconds = 100, most = 500 }, put[1].covered)
    assert.same({ 700, 240 }, { put[2].covered.from, put[2].covered.seconds }) -- up to a minute ago
    assert.same({ "jaeger", "h:16686", "target", "production", "service=shop", "answer" }, { put[1].system, put[1].instance, put[1].role, put[1].origin, put[1].name, put[1].body })
    assert.same({ 400, 1000, 2, 2, 4 }, { got.from, got.to, got.requests, got.traces, got.spans })
    assert.is_true(run.fetched_traces)
  end)
  it("asks nothing when all is there, and says what is", function()
    covered = { { 0, 500 }, { 500, 900 } }
    local got = ask { to = 900 }
    assert.same({ 0, 0 }, { got.requests, #sent })
    assert.same({ "spans_kept", { from_ns = 400000000000, to_ns = 900000000000, source = "jaeger", instance = "h:16686" } }, asked)
    local e = got.operations[1]
    assert.same({ "shop", "GET /", 1, 1, 1 / 500 }, { e.service, e.operation, e.count, e.errors, e.rate })
  end)
  it("cuts a stretch that has too many traces", function()
    came = function(what) return what.covered.seconds > 200 and 3 or 2 end
    local got = ask { limit = 3, to = 900 }
    assert.same({ 7, 7 }, { got.requests, #sent })
    local seconds = {}
    for i, p in ipairs(put) do seconds[i] = p.covered.seconds end
    assert.same({ 500, 250, 125, 125, 250, 125, 125 }, seconds)
    came = function() return 1 end
    put = {}
    ask { limit = 1, from = 899.998, to = 900 }
    assert.equal(3, #put)
    assert.matches("more than 1 traces within a millisecond", run.notes[1], 1, true)
  end)
  it("says what it asked where it found nothing", function()
    empty = true
    assert.equal(0, #ask().operations)
    assert.same({ "fetch jaeger: nothing found: http://h:16686 has no traces of service=shop from 1970-01-01T00:06:40.000Z to 1970-01-01T00:16:40.000Z" }, run.notes)
  end)
  it("refuses what it cannot ask", function()
    for why, o in pairs { ["from is not before to"] = { from = 900, to = 900 }, ["limit is at least 1"] = { limit = 0 }, ["is no moment"] = { from = "yesterday" }, ['did you mean "service"'] = { servce = "x" } } do
      assert.matches(why, support.message(ask, o), 1, true)
    end
    assert.matches("service", support.message(fetch.run, run, "jaeger", { url = "http://h" }), 1, true)
    assert.matches("from is missing", support.message(fetch.run, run, "jaeger", { url = "http://h", service = "shop" }), 1, true)
  end)
end)
