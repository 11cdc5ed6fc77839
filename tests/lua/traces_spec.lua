local support = require "lua.support"
support.without_run()
local database = require "perilune.database"
local traces = require "perilune.traces"

describe("run:traces", function()
  local spans, asked
  before_each(function() spans = {} end)
  local function add(s)
    s.ts_ns, s.duration_ns, s.status, s.kind = s.ts_ns * 1000000, s.duration_ns * 1000000, s.status or "unset", s.kind or "internal"
    spans[#spans + 1] = s
  end
  local function ask(options)
    local run = support.run { started_ns = 100000000000, ended_ns = 110000000000, row = 4 }
    function run.reader() return {} end
    return support.with(database, { records = function(_, operation, fields)
      asked = { operation, fields }
      return spans
    end }, traces.run, run, options)
  end

  local function shop()
    add { trace_id = "a", span_id = "1", service = "shop", operation = "GET /", kind = "server", ts_ns = 0, duration_ns = 100 }
    add { trace_id = "a", span_id = "2", parent_id = "1", service = "shop", operation = "ask", kind = "client", ts_ns = 10, duration_ns = 80 }
    add { trace_id = "a", span_id = "2", parent_id = "1", service = "db", operation = "ask", kind = "server", ts_ns = 20, duration_ns = 60, status = "error" }
    add { trace_id = "a", span_id = "3", parent_id = "2", service = "db", operation = "read", ts_ns = 30, duration_ns = 50 }
    add { trace_id = "b", span_id = "3", parent_id = "9", service = "db", operation = "read", ts_ns = 30, duration_ns = 10 }
  end
  it("says of each operation how often, how long, how many failed and where the time went", function()
    shop()
    local list = ask()
    local short = {}
    for i, e in ipairs(list) do
      short[i] = ("%s %s %s %d %g %d %g | %.3f %.3f %.3f | %.3f %.3f"):format(e.service, e.operation, e.kind, e.count, e.rate, e.errors, e.error_ratio, e.mean, e.p50, e.max, e.self, e.critical)
    end
    assert.same({ "db read internal 2 0.2 0 0 | 0.030 0.010 0.050 | 0.060 0.060", "shop GET / server 1 0.1 0 0 | 0.100 0.100 0.100 | 0.020 0.020",
      "shop ask client 1 0.1 0 0 | 0.080 0.080 0.080 | 0.020 0.020", "db ask server 1 0.1 1 1 | 0.060 0.060 0.060 | 0.010 0.010" }, short)
    assert.same({ "spans_of", { run = 4, from_ns = 0, to_ns = math.maxinteger } }, asked)
  end)
  it("gives those that are asked for, with the times that their children leave them", function()
    shop()
    local list = ask { service = "shop", operation = "ask" }
    assert.equal(1, #list)
    assert.equal(0.02, list[1].self)
    assert.same({}, ask { service = "other" })
  end)
  it("joins slow requests to their traces", function()
    shop()
    local known, unknown, none = { trace_id = "a" }, { trace_id = "c" }, {}
    local run = support.run { row = 4, loads = { { slow = { known, unknown, none } } }, receivers = { {} } }
    function run.reader() return {} end
    support.with(database, { records = function() return spans end }, traces.join, run)
    assert.same({ "read", "GET /", "ask", "ask" }, { known.path[1].operation, known.path[2].operation, known.path[3].operation, known.path[4].operation })
    assert.equal(0.05, known.path[1].critical)
    assert.is_nil(unknown.path or none.path)
  end)
  it("is over a stretch, or a trace", function()
    shop()
    assert.equal(2 / 2, ask({ from = "1s", to = 103, trace = "AB" })[1].rate)
    assert.same({ "spans_of", { run = 4, from_ns = 101000000000, to_ns = 103000000000, trace = "ab" } }, asked)
    assert.matches("from is not before to", (support.message(ask, { from = 2, to = 2 })), 1, true)
  end)
end)
