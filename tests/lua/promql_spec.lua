local core = require "perilune.core.promql"
local promql = require "perilune.promql"
local support = require "lua.support"

describe("PromQL", function()
  it("is what it can read, but for the short names of objectives", function()
    for _, expr in ipairs { "node_load1", "max(node_load1)", "sum by (job) (rate(x_total[1m]))", "1 + 2", "rate(requests_total[1m])" } do assert.is_true(promql.claims(expr), expr) end
    for _, expr in ipairs { "latency", "p99(latency) by (name)", "max(load1)", "mean(node_load1)", "rate(x_total)", "last(x)", "p50(x) over any 5s" } do assert.is_false(promql.claims(expr), expr) end
    local is, err = promql.claims "sum(x"
    assert.is_nil(is)
    assert.matches("column 6: expected ',' or ')', found the end\n  sum(x\n       ^", err.message, 1, true)
  end)
  it("asks at a moment or at steps, in whole milliseconds", function()
    local asked
    local function run(...)
      asked = { select(2, ...) }
      return { type = "vector", series = {} }
    end
    support.with(core, { run = run }, promql.ask, {}, "x", { at = 1500.4 })
    assert.same({ "x", 0, 1500 }, asked)
    support.with(core, { run = run }, promql.ask, {}, "x", { run = 7, from = 1000.0, to = 2000.6, step = 0.2 })
    assert.same({ "x", 7, 1000, 2001, 1 }, asked)
    assert.equal("no", (support.message(support.with, core, { run = function() return nil, { message = "no" } end }, promql.ask, {}, "x", { at = 0 })))
  end)
  it("is wrong as a command line is, and says what an objective's expression is in PromQL", function()
    local function refused(expr, err) return support.message(support.with, core, { run = function() return nil, err end }, promql.ask_for_command, {}, expr, { at = 0 }) end
    local message, code = refused("p99.9(latency)", { code = "syntax", message = "no" })
    assert.equal("no\n  it is one of objectives, which playbooks read; here it is PromQL: histogram_quantile(0.999, sum(rate(load_latency_seconds[10s])))", message)
    assert.equal("usage", code)
    assert.matches("PromQL: sum(rate(load_requests_total[10s]))", (refused("rate(requests)", { code = "invalid", message = "no" })), 1, true)
    assert.matches("here it is PromQL$", (refused("error_ratio over last 5s", { code = "syntax", message = "no" })))
    assert.same({ "no", "usage" }, { refused("sum(x", { code = "syntax", message = "no" }) })
    assert.same({ "no", "corrupt" }, { refused("latency", { code = "corrupt", message = "no" }) })
  end)
  it("writes values so that they read back", function()
    local cases = { [1.0] = "1", [0.1] = "0.1", [-2.5] = "-2.5", [1e6] = "1000000", [1 / 3] = "0.3333333333333333", [math.huge] = "+Inf", [-math.huge] = "-Inf", [1e300] = "1e+300", [123456789012.0] = "123456789012" }
    for value, text in pairs(cases) do assert.equal(text, promql.value_text(value)) end
    assert.equal("NaN", promql.value_text(0 / 0))
  end)
  it("writes series as a selector has them", function()
    assert.equal('x{a="1", b="2"}', promql.series_text { b = "2", a = "1", __name__ = "x" })
    assert.equal("x", promql.series_text { __name__ = "x" })
    assert.equal("{}", promql.series_text {})
    assert.equal([[{a="\"\\\n"}]], promql.series_text { a = '"\\\n' })
  end)
  it("answers as Prometheus does", function()
    local series = { labels = { __name__ = "x" }, times = { 1.5, 2 }, values = { 1, 0.5 } }
    assert.same({ resultType = "matrix", result = { { metric = { __name__ = "x" }, values = { { 1.5, "1" }, { 2, "0.5" } } } } }, promql.answer({ type = "matrix", series = { series } }, 2))
    assert.same({ resultType = "vector", result = { { metric = { __name__ = "x" }, value = { 1.5, "1" } } } }, promql.answer({ type = "vector", series = { series } }, 2))
    assert.same({ resultType = "scalar", result = { 1.5, "1" } }, promql.answer({ type = "scalar", series = { series } }, 2))
    assert.same({ resultType = "string", result = { 2, "text" } }, promql.answer({ type = "string", series = {}, string = "text" }, 2))
  end)
  it("has units by the names that are left", function()
    assert.same({ "duration", "size", "ratio", "number", "number" }, { promql.unit { __name__ = "a_seconds" }, promql.unit { __name__ = "a_bytes" }, promql.unit { __name__ = "a_ratio" }, promql.unit { __name__ = "a_total" }, promql.unit {} })
  end)
  it("says of a selector that no series has its name", function()
    local stored = { record = function() return { { name = "load_requests_total" } } end }
    assert.equal('no series is named "load_request_total"; did you mean "load_requests_total"?', promql.unnamed(stored, "load_request_total"))
    assert.is_nil(promql.unnamed(stored, "load_requests_total[5m]"))
    assert.is_nil(promql.unnamed(stored, "sum(up)"))
  end)
end)
