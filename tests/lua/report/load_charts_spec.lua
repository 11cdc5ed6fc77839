local fixture = require "lua.report.fixture"
local load_charts = require "perilune.report.load_charts"

describe("the charts of the load", function()
  local function draw(load, objectives)
    local model = fixture.model()
    for name, values in pairs(load) do model.load[name] = values end
    model.result.objectives = objectives or {}
    return load_charts.draw(model)
  end
  local function has(text, words) return text:find(words, 1, true) ~= nil end

  it("are those that have something to show", function()
    local text = draw { answered = { 5 }, planned = { 5 }, starts = { late = { 0, 0 } } }
    assert.is_true(has(text, "Offered and answered load"))
    for _, title in ipairs { "Failed requests", "Late and dropped starts", "Virtual users", "Latency heat map" } do assert.is_false(has(text, title), title) end
  end)
  it("show failures by class, and starts that were lost", function()
    local text = draw { outcomes = { ok = { 5 }, timeout = { 1 }, reset = { 2 } }, starts = { dropped = { 3 } }, users = { 7 } }
    assert.is_truthy(text:find('key c5">reset</span><span class="key c2">timeout', 1, true))
    assert.is_true(has(text, "Late and dropped starts"))
    assert.is_true(has(text, "Virtual users"))
  end)
  it("show latency with the limits of its objectives", function()
    local text = draw({ latency = { fixture.hist(100) } }, { { expr = "p99(latency) < 250ms", limit = 0.25 }, { expr = "p99(service_time) < 1s", limit = 1 }, { expr = "p50(latency) < 1s" } })
    assert.is_true(has(text, ">p99(latency) &lt; 250ms<"))
    assert.is_false(has(text, "service_time)"))
    assert.is_true(has(text, "Latency heat map"))
  end)
end)
