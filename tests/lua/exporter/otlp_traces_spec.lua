local json = require "perilune.core.json"
local traces = require "perilune.exporter.otlp_traces"

describe("the exporter of spans", function()
  local ID, OTHER = ("0af7651916cd43dd8448eb211c80319c"), ("1af7651916cd43dd8448eb211c80319d")
  local rows, reader
  before_each(function()
    local data = { scenario = "s", service_s = 0.4, lag_s = 0.1, phases_s = { wait = 0.3, connect = 0.05 }, status = 503, error = "status", trace_id = ID }
    rows = { { id = 2, ts_ns = 2000000000, duration_ns = 500000000, kind = "slow", text = "GET /", data = json.encode(data) },
      { id = 3, ts_ns = 2000000000, duration_ns = 500000000, kind = "request", text = "GET /", data = json.encode(data) },
      { id = 4, ts_ns = 1, duration_ns = 1, kind = "slow", text = "before", data = json.encode { scenario = "s", phases_s = json.object {}, status = 0, error = json.null, trace_id = OTHER } } }
    reader = { record = function(_, operation, fields)
      assert.same({ "requests_of", 4 }, { operation, fields.run })
      local out = {}
      for _, row in ipairs(rows) do
        if row.id > fields.after then out[#out + 1] = { id = row.id, ts_ns = row.ts_ns, duration_ns = row.duration_ns, kind = row.kind, text = row.text, data = row.data } end
      end
      return out
    end }
  end)

  it("gives each request once, as a client's span", function()
    local source = traces.open({ labels = { run = "x" } }, { run = 4, from_ns = 1000000000 })
    assert.equal(1, source:left(reader))
    local body, parcel = source:next(reader, 9000000000)
    assert.same({ 1, 2000000000 }, { parcel.samples, parcel.from })
    local resource = json.decode(body).resourceSpans[1]
    assert.same({ { key = "service.name", value = { stringValue = "perilune" } }, { key = "run", value = { stringValue = "x" } } }, resource.resource.attributes)
    local span = resource.scopeSpans[1].spans[1]
    assert.same({ ID, ID:sub(17), "GET /", 3, "2000000000", "2500000000" }, { span.traceId, span.spanId, span.name, span.kind, span.startTimeUnixNano, span.endTimeUnixNano })
    assert.same({ { timeUnixNano = "2100000000", name = "sent" } }, span.events)
    assert.same({ code = 2, message = "status" }, span.status)
    assert.same({ { key = "perilune.scenario", value = { stringValue = "s" } }, { key = "perilune.kept", value = { stringValue = "slow" } }, { key = "http.response.status_code", value = { intValue = "503" } },
      { key = "error.type", value = { stringValue = "status" } }, { key = "perilune.phase.connect", value = { doubleValue = 0.05 } }, { key = "perilune.phase.wait", value = { doubleValue = 0.3 } } }, span.attributes)
    assert.is_nil(source:next(reader, 9000000000))
    assert.same({ 9000000000, 0 }, { source:done(), source:left(reader) })
  end)
  it("raises what the reader says", function()
    local broken = { record = function() return nil, { code = "corrupt", message = "damaged" } end }
    local source = traces.open({}, { run = 4, from_ns = 0 })
    assert.has_error(function() source:next(broken, 5) end, { code = "corrupt", message = "damaged" })
  end)
  it("reads what was refused of a message that was taken", function()
    local function rejected(answer) return { traces.rejected { json = function(_, path) return answer[path] end } } end
    assert.same({ 7, "no id" }, rejected { partialSuccess = { rejectedSpans = "7", errorMessage = "no id" } })
    assert.same({ 2, "no reason given" }, rejected { partialSuccess = { rejectedSpans = 2 } })
    assert.equal(0, rejected({})[1])
    assert.equal(0, rejected({ partialSuccess = {} })[1])
  end)
  it("says what a request is, and what the server says", function()
    local request = traces.build_request({ url = "http://j:4318" }, "{}")
    assert.same({ "http://j:4318/v1/traces", "POST", "application/json" }, { request.url, request.method, request.headers["content-type"] })
    assert.equal("http://j/x", traces.build_request({ url = "http://j/x" }, "{}").url)
    assert.equal("no", traces.why { text = "no\n", json = function() end })
    assert.equal("bad", traces.why { text = "", json = function(_, path) return ({ message = "bad" })[path] end })
  end)
end)
