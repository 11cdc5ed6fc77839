local database = require "perilune.database"
local json = require "perilune.core.json"
local support = require "lua.support"
local timeline = require "perilune.core.timeline"
local traces = require "perilune.report.traces"

local MS = 1000000
-- The load's request, which began it, has the second half of its id.
local BEGUN = "0123456789abcdefrequest"

describe("the traces of a report", function()
  teardown(support.clean)

  --- The model of a run with these spans: { name, start in ms, length in ms, data }; and logs, as events_put takes them.
  local function read(spans, slow, logs)
    local path, rows = support.timeline { { ulid = "01A" } }
    local list = json.array {}
    for i, s in ipairs(spans) do
      local data = { trace_id = "t1", span_id = tostring(i), service = "shop", kind = "internal", status = "unset" }
      for k, v in pairs(s[4] or {}) do data[k] = v end
      list[i] = { text = s[1], ts_ns = s[2] * MS, duration_ns = s[3] * MS, data = data }
    end
    assert(timeline.put(path, "events_put", { run = rows[1], kind = "span", events = json.encode(list) }))
    if logs then assert(timeline.put(path, "events_put", { run = rows[1], kind = "log", events = json.encode(json.array(logs)) })) end
    return traces.read(database.open(path), { id = rows[1], started_ns = 0 }, slow or {}, 10)
  end
  local function request(at_ms, latency_s, lag_s, trace) return { at_ns = at_ms * MS, at = 1, latency_s = latency_s, lag_s = lag_s, trace_id = trace or "t1", name = "GET /", scenario = "s" } end

  it("are nothing where there are none", function()
    local m = read {}
    assert.same({ 0, 0, 0, 0, 0, 0 }, { m.spans, m.traces, m.traced, m.missing, #m.operations, #m.examples })
  end)
  it("are operations with rates, quantiles and their share of the critical paths", function()
    local m = read { { "GET /", 100, 100, { kind = "server" } }, { "read", 110, 75, { parent_id = "1", status = "error" } } }
    assert.same({ 2, 1, 0 }, { m.spans, m.traces, m.more })
    local e = m.operations[1]
    assert.same({ "read", 1, 1, 0.1, 0.075, "75 %" }, { e.operation, e.count, e.errors, e.rate, e.self, ("%g %%"):format(e.share * 100) })
    assert.is_nil(e.p95)
  end)
  it("tell the slow request's own trace, in which the request is the parent of the first span", function()
    local m = read({ { "GET /", 100, 80, { trace_id = BEGUN, parent_id = "request" } }, { "read", 110, 50, { trace_id = BEGUN, parent_id = "1" } } },
      { request(90, 0.1, 0.005, BEGUN), request(0, 9, 0, "none"), { latency_s = 1 } })
    assert.same({ 2, 1, 0 }, { m.traced, m.joined, m.missing })
    local x = m.examples[1]
    assert.same({ 0, 0, 2, 90 * MS, 190 * MS }, { x.missing, x.hidden, #x.rows, x.from_ns, x.to_ns })
    assert.same({ 90 * MS, 95 * MS, 190 * MS, 0 }, { x.request.from_ns, x.request.sent_ns, x.request.to_ns, x.request.moved_ns })
    assert.is_false(x.rows[1].lost)
    assert.equal("read", x.path[1].operation)
  end)
  it("say which parents did not come", function()
    local m = read({ { "GET /", 100, 80, { trace_id = BEGUN, parent_id = "request" } }, { "read", 110, 50, { trace_id = BEGUN, parent_id = "98" } } }, { request(90, 0.1, 0, BEGUN) })
    assert.same({ 1, 1, false, true }, { m.missing, m.examples[1].missing, m.examples[1].rows[1].lost, m.examples[1].rows[2].lost })
    m = read { { "GET /", 100, 80, { parent_id = "99" } } }
    assert.same({ 1, 1 }, { m.missing, m.examples[1].missing })
  end)
  it("are those that were fetched, of a run that received none", function()
    local kept = { { id = 1, trace_id = "t1", span_id = "1", service = "shop", operation = "GET /", kind = "server", status = "unset", ts_ns = 100 * MS, duration_ns = 80 * MS } }
    local asked
    local reader = {}
    function reader:record(operation, fields)
      if operation == "spans_kept" then asked = fields end
      return operation == "spans_kept" and kept or {}
    end
    local function spans(slow) return traces.read(reader, { id = 4, started_ns = 5, ended_ns = 900 * MS }, slow, 10).spans end
    assert.equal(1, spans { request(90, 0.1) })
    assert.same({ from_ns = 5, to_ns = 900 * MS }, asked)
    assert.equal(0, spans { request(90, 0.1, 0, "other") })
    asked = nil
    assert.equal(0, spans {})
    assert.is_nil(asked)
  end)
  it("move a request whose clock is another so that its spans lie within it", function()
    local late = read({ { "GET /", 100, 80 } }, { request(120, 0.1, 0.01) }).examples[1].request
    assert.same({ -30 * MS, 100 * MS, 190 * MS }, { late.moved_ns, late.sent_ns, late.to_ns })
    local early = read({ { "GET /", 100, 80 } }, { request(50, 0.1, 0) }).examples[1].request
    assert.same({ 30 * MS, 180 * MS }, { early.moved_ns, early.to_ns })
  end)
  it("are the longest that came where no request was traced", function()
    local m = read { { "short", 100, 1, { trace_id = "a" } }, { "long", 100, 9, { trace_id = "b" } } }
    assert.same({ "b", "a" }, { m.examples[1].trace_id, m.examples[2].trace_id })
    assert.is_nil(m.examples[1].request)
  end)
  it("have attributes, events and links, cut and counted", function()
    local data = { attributes = { b = "2", a = ("x"):rep(300) }, message = "no", events = { { ts_ns = 105 * MS, name = "begun", attributes = { n = "1" } } }, links = { { trace_id = "u", span_id = "v" } }, dropped_events = 2 }
    local x = read({ { "GET /", 100, 80, data } }).examples[1]
    assert.same({ 2, 2 }, { #x.notes, x.more_notes })
    assert.same({ row = 1, at_ns = 105 * MS, name = "begun", attributes = "n=1" }, x.notes[1])
    assert.equal("u", x.notes[2].link.trace_id)
    assert.is_true(#x.rows[1].attributes < 210 and x.rows[1].attributes:sub(1, 3) == "a=x")
    assert.equal("no", x.rows[1].message)
  end)
  it("have what was logged in them", function()
    local function log(text, trace, span) return { text = text, ts_ns = 110 * MS, duration_ns = 0, data = { trace_id = trace, span_id = span, severity = "warn" } } end
    local notes = read({ { "GET /", 100, 80 }, { "read", 110, 20, { parent_id = "1" } } }, {}, { log("mine", "t1", "2"), log("other", "t2"), log("whose", "t1", "77") }).examples[1].notes
    assert.same({ { row = 2, at_ns = 110 * MS, name = "mine", severity = "warn", attributes = "" }, { at_ns = 110 * MS, name = "whose", severity = "warn", attributes = "" } }, notes)
  end)
  it("stay a page, however many came", function()
    local spans = {}
    for i = 1, 1000 do spans[i] = { "op" .. i % 70, i, 5, { trace_id = "t" .. i % 10, parent_id = i > 10 and tostring(i % 10 + 1) or nil } } end
    local m = read(spans)
    assert.same({ 50, 20, 5 }, { #m.operations, m.more, #m.examples })
    assert.is_true(#m.examples[1].rows <= 80)
    assert.equal(100, #m.examples[1].rows + m.examples[1].hidden)
  end)
end)
