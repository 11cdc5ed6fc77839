local guard = require "perilune.core.guard"
local influx = require "perilune.exporter.influx"
local json = require "perilune.core.json"
local support = require "lua.support"

describe("the exporter of InfluxDB", function()
  it("writes to a bucket of v2, or to a database of v1", function()
    local request = influx.build_request({ url = "http://h:8086/", bucket = "a b", org = "me" }, "lines")
    assert.same({ "http://h:8086/api/v2/write?org=me&bucket=a%20b&precision=ns", "POST", "lines" }, { request.url, request.method, request.body })
    assert.equal("http://h:8086/write?db=d&precision=ns", influx.build_request({ url = "http://h:8086", database = "d" }, "").url)
  end)
  it("has a scheme of its own for tokens", function()
    local request = influx.build_request({ url = "http://h", database = "d", auth = { bearer = guard.secret "t0" } }, "")
    assert.same({ "Token t0", false }, { guard.reveal(request.headers.authorization), request.auth })
    assert.is_nil(influx.build_request({ url = "http://h", database = "d", auth = { basic = {} } }, "").auth)
  end)
  it("needs to know what is written to", function()
    assert.matches("give bucket and org", (support.message(influx.check, {})), 1, true)
    assert.matches("give bucket and org", (support.message(influx.check, { bucket = "b", org = "o", database = "d" })), 1, true)
    assert.matches("give org, too", (support.message(influx.check, { bucket = "b" })), 1, true)
    influx.check { database = "d" }
  end)
  it("knows what the server says", function()
    local function answer(text) return { text = text, json = function(_, path) return json.decode(text)[path] end } end
    assert.equal("unable to parse", influx.why(answer '{"error":"unable to parse"}'))
    assert.equal("bad token", influx.why(answer '{"code":"unauthorized","message":"bad token"}'))
    assert.equal(3, influx.dropped(answer '{"error":"partial write: field type conflict dropped=3"}'))
    assert.is_nil(influx.dropped(answer '{"error":"x"}'))
  end)
end)
