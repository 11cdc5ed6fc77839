local grafana = require "perilune.exporter.grafana"
local json = require "perilune.core.json"

describe("the exporter of Grafana's annotations", function()
  local rows, reader
  before_each(function()
    rows = { { id = 2, ts_ns = 2000000000, duration_ns = 0, kind = "phase", text = "under load" }, { id = 3, ts_ns = 3000000000, duration_ns = 0, kind = "deploy", text = "version 7" },
      { id = 4, ts_ns = 3500000000, duration_ns = 5, kind = "http", text = "GET x" }, { id = 9, ts_ns = 9000000000, duration_ns = 0, kind = "deploy" } }
    reader = { record = function(_, operation, fields)
      assert.same({ "events_of", 4 }, { operation, fields.run })
      return rows
    end }
  end)
  local function open(o) return grafana.open(o or {}, { run = 4, from_ns = 1000000000 }) end
  local function next_of(source, to_s)
    local body = source:next(reader, to_s * 1000000000)
    return body and json.decode(body)
  end

  it("gives events in their order, phases once they have ended", function()
    local source = open { labels = { run = "x", env = "test" }, dashboard = "d1" }
    assert.same({ dashboardUID = "d1", time = 3000, tags = { "perilune", "deploy", "env:test", "run:x" }, text = "version 7" }, next_of(source, 5))
    assert.is_nil(next_of(source, 5))
    assert.equal(2000000000, source:done())
    rows[1].duration_ns = 1500000000
    assert.equal(1, source:left(reader, 5000000000))
    assert.same({ 2000, 3500, "under load" }, (function(a) return { a.time, a.timeEnd, a.text } end)(next_of(source, 5)))
    assert.is_nil(next_of(source, 5))
    assert.equal(5000000000, source:done())
    assert.equal("deploy", next_of(source, 10).text)
    assert.equal(0, source:left(reader, 10000000000))
  end)
  it("raises what the reader says", function()
    reader.record = function() return nil, { code = "corrupt", message = "damaged" } end
    local source = open()
    assert.has_error(function() source:next(reader, 5) end, { code = "corrupt", message = "damaged" })
  end)
  it("says what a request is, and what Grafana says", function()
    local request = grafana.build_request({ url = "http://g:3000/" }, "{}")
    assert.same({ "http://g:3000/api/annotations", "POST", "{}", "application/json" }, { request.url, request.method, request.body, request.headers["content-type"] })
    assert.equal("Invalid API key", grafana.why { json = function(_, path) return ({ message = "Invalid API key" })[path] end })
  end)
end)
