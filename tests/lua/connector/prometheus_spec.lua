local prometheus = require "perilune.connector.prometheus"

describe("Prometheus' API", function()
  it("is asked for a range, or for a moment", function()
    assert.same({ url = "http://h:9090/api/v1/query_range", query = { query = "up", start = "1.5", ["end"] = "100", step = "0.25" } },
      prometheus.build_request({ url = "http://h:9090/", query = "up", step = 0.25 }, 1.5, 100))
    assert.same({ url = "http://h/p/api/v1/query", query = { query = "up", time = "7" } }, prometheus.build_request({ url = "http://h/p", query = "up" }, nil, 7))
    assert.same({ query = "up" }, prometheus.build_request({ url = "http://h", query = "up" }).query)
  end)
  it("is asked by a form where the query is long", function()
    local long = "up + " .. ("1"):rep(3000)
    local r = prometheus.build_request({ url = "http://h", query = long, step = 60 }, 0, 60)
    assert.same({ "POST", true, true, long, nil }, { r.method, r.dry, r.repeatable, r.form.query, r.query })
  end)
  it("says why there is nothing", function()
    local function answer(value) return { json = function(_, path) return path == "error" and value or nil end } end
    assert.equal("parse error", prometheus.why(answer "parse error"))
    assert.is_nil(prometheus.why(answer {}))
  end)
  it("has series whose name a selector tells", function()
    for query, name in pairs { up = "up", [" up "] = "up", ['up{job="a"}'] = "up", ["a:b_c"] = "a:b_c", ["sum(up)"] = false, ["up + up"] = false, ["up offset 5m"] = false, ["1"] = false, ['{__name__="up"}'] = false } do
      assert.equal(name, prometheus.name_of(query) or false, query)
    end
  end)
end)
