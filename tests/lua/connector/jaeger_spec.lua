local jaeger = require "perilune.connector.jaeger"

describe("Jaeger's API", function()
  it("is asked for the traces of a service", function()
    assert.same({ url = "http://h:16686/p/api/traces", query = { service = "shop", start = "1500000", ["end"] = "99999999", limit = "10" } },
      jaeger.build_request({ url = "http://h:16686/p/", service = "shop", limit = 10 }, 1.5, 100))
    local q = jaeger.build_request({ url = "http://h", service = "shop", operation = "GET /", tags = { error = true, ["a.b"] = 7 }, min_duration = 0.25, limit = 1 }, 0, 1).query
    assert.same({ "GET /", '{"a.b":"7","error":"true"}', "250000us" }, { q.operation, q.tags, q.minDuration })
    assert.is_nil(jaeger.build_request({ url = "http://h", service = "shop", tags = {}, limit = 1 }, 0, 1).query.tags)
  end)
  it("has questions that say all but when", function()
    assert.equal("service=shop", jaeger.question { service = "shop", limit = 10, url = "x" })
    assert.equal('service=shop operation=GET / min_duration=250000us tags={"a":"b"}', jaeger.question { service = "shop", operation = "GET /", min_duration = 0.25, tags = { a = "b" } })
  end)
  it("says why there is nothing", function()
    local function answer(value) return { json = function(_, path) return path == "errors" and value or nil end } end
    assert.equal("parameter 'service' is required", jaeger.why(answer { { code = 400, msg = "parameter 'service' is required" } }))
    assert.is_nil(jaeger.why(answer "x"))
    assert.is_nil(jaeger.why(answer {}))
  end)
end)
