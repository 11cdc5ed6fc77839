local capacity_charts = require "perilune.report.capacity_charts"

describe("the charts of capacity", function()
  local function draw(found) return capacity_charts.draw { result = { searches = { found } } } end

  it("are none without a search", function()
    assert.equal("", capacity_charts.draw { result = {} })
    assert.equal("", capacity_charts.draw { result = { searches = {} } })
  end)
  it("draw a search against offered load, in order of the load", function()
    local text = draw { name = "browse", known = true, rate_per_s = 200, hi = 250, objectives = { "p99(latency) < 1s" },
      steps = { { rate = 400, achieved = 250, p50 = 1, p99 = 2, passed = false }, { rate = 100, achieved = 100, p50 = 0.1, p99 = 0.2, passed = true } } }
    assert.matches("<p>browse: 200/s meet p99(latency) &lt; 1s; 250/s do not</p>", text, 1, true)
    assert.matches("Throughput against offered load", text, 1, true)
    assert.matches(">capacity<", text, 1, true)
    local first, second = text:match 'd="M(%S+) %S-L(%S+) %S-" class="line c1"'
    assert.is_true(tonumber(first) < tonumber(second))
  end)
  it("draw a sweep against users", function()
    local text = draw { name = "browse", known = true, rate_per_s = 90, users = 4, steps = { { users = 4, achieved = 90, p50 = 0.1, p99 = 0.2 } } }
    assert.matches("Throughput against users", text, 1, true)
    assert.is_nil(text:find(">capacity<", 1, true))
  end)
  it("draw the scalability law of a sweep, with its knee and its limits in words", function()
    local steps = {}
    for i, n in ipairs { 1, 2, 4, 8, 16, 32 } do steps[i] = { users = n, achieved = 100 * n / (1 + 0.05 * (n - 1) + 0.001 * n * (n - 1)), p50 = 0.1, p99 = 0.2 } end
    local text = draw { name = "browse", known = true, rate_per_s = 900, users = 8, steps = steps }
    assert.matches("scalability law", text, 1, true)
    assert.matches(">knee<", text, 1, true)
    assert.matches("Throughput is highest", text, 1, true)
    assert.matches("The knee is at", text, 1, true)
    for i = 3, 6 do steps[i] = nil end
    assert.is_nil(draw({ name = "browse", known = true, rate_per_s = 90, users = 2, steps = steps }):find("scalability law", 1, true))
  end)
  it("say why nothing is known", function()
    assert.matches("browse: no capacity known: the target never answered", draw { name = "browse", known = false, why = "the target never answered", steps = {} }, 1, true)
  end)
end)
