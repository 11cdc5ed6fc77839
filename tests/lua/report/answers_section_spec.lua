local json = require "perilune.core.json"
local section = require "perilune.report.answers_section"

describe("what words of analysis found", function()
  local function draw(...)
    local list = {}
    for i, f in ipairs { ... } do list[i] = { kind = f[1], text = f[2], data = json.encode(f[3]) } end
    return section.draw { findings = list }, section.lines { findings = list }
  end
  local FORECAST = { "forecast", "disk is forecast to be 14.", { name = "disk", times = { 0, 3600 }, values = { 10, 12 }, ahead = { 7200 }, mean = { 14 }, intervals = { { level = 0.8, lo = { 13 }, hi = { 15 } } }, explain = "Why." } }

  it("is a fan with the limits that were asked for and their dates in words", function()
    local text = draw(FORECAST, { "crossing", "disk: It passes 14.5, p50 1970.", { forecast = 1, lo = 14.5, hi = 14.5, floor = false, p50 = 7200 } })
    for _, part in ipairs { 'class="fan c2"', ">limit 14.5<", ">p50<", "It passes 14.5, p50 1970.", "intervals 80 %", "Why." } do assert.matches(part, text, 1, true) end
  end)
  it("says that a forecast is not known, and no more", function()
    local text = draw({ "forecast", "disk: What comes is not known: no value.", { name = "disk", known = false } }, { "crossing", "When it passes 5 is not known.", { forecast = 1, lo = 5, hi = 5 } })
    assert.matches("What comes is not known: no value.", text, 1, true)
    assert.matches("When it passes 5 is not known.", text, 1, true)
    assert.is_nil(text:find("<svg", 1, true) or text:find("<details", 1, true))
  end)
  it("gives a limit to the forecast that was asked for it", function()
    local text = draw(FORECAST, FORECAST, { "crossing", "passes", { forecast = 2, lo = 14.5, hi = 14.5 } })
    assert.equal(1, select(2, text:gsub(">limit 14.5<", "")))
  end)
  it("is a history with its levels, and each change with its effect, interval, run and commit", function()
    local text = draw { "changes", "its level changed once", { name = "p99", runs = true, times = { 0, 60, 120 }, values = { 1, 2, 2 },
      changes = { { index = 1, time = 60, before = 1, after = 2, effect = 1, relative = 1, lo = 0.9, hi = 1.1, p = 0.001, run = "01ABC", commit = "abc", suspects = { after = "aaa", to = "abc" } } } } }
    assert.equal(2, select(2, text:gsub("line c2 level", "")))
    for _, part in ipairs { "+1 (+100.0 %)", "0.9 to 1.1", "run 01ABC, commit abc, after aaa", ">+100 %<" } do assert.matches(part, text, 1, true) end
  end)
  it("says times and shares in their units", function()
    local data = { name = "p99", unit = "duration", runs = true, times = { 0, 60 }, values = { 0.025, 0.036 }, changes = { { index = 1, time = 60, before = 0.025, after = 0.036, effect = 0.011, lo = -0.001, hi = 0.012 } } }
    local text = draw { "changes", "once", data }
    for _, part in ipairs { ">25 ms<", ">36 ms<", "+11 ms", "-1 ms to 12 ms", "seconds; over runs" } do assert.matches(part, text, 1, true) end
    data.unit, data.changes[1].after = "ratio", 0.02
    assert.matches(">2 %<", (draw { "changes", "once", data }), 1, true)
  end)
  it("is what users met, with the stretches that missed the objective", function()
    local text = draw { "experience", "Apdex 0.9.", { explained = true, times = { 0, 60 }, attained = { 1, 0.5 }, objective = 0.95, every = 60, missed = { { from = 60, to = 120, total = 10.2, bad = 5.1, attained = 0.5 } } } }
    for _, part in ipairs { "Apdex 0.9.", "objective 95 %", "of each 60 s", ">10<", ">5<", ">50 %<" } do assert.matches(part, text, 1, true) end
    assert.is_nil(draw { "experience", "Apdex 0.9.", { explained = true } }:find("<svg", 1, true))
    text = draw { "experience", "well", { times = { 0, 60 }, attained = { 1, 1 }, objective = 0.95, every = 60, missed = {} } }
    assert.is_nil(text:find("missed from", 1, true))
  end)
  it("is a list of what was odd and of causes, ranked", function()
    local text = draw({ "anomalies", "odd once", { rows = { { kind = "spike", name = "q", time = 5, value = 9, score = 0.75 } } } },
      { "correlate", "cpu", { rows = { { name = "<cpu>", before = 1, during = 2, correlation = 0.9, lag = -5, p = 0.01 } } } })
    for _, part in ipairs { "spike", "0.75", "1. &lt;cpu&gt;", "-5 s" } do assert.matches(part, text, 1, true) end
  end)
  it("is the law of capacity through its points, with its knee, its peak and its limit", function()
    local law = { loads = { 1, 2, 4, 8, 16 }, throughputs = { 95, 180, 340, 500, 520 }, alpha = 0.05, beta = 0.004, gamma = 100, knee = 8,
      peak = { value = 15.4, lo = 12, hi = 18 }, limit = { value = 900, lo = 800, hi = 1000 } }
    local text = draw { "capacity", "Throughput is highest.", { explained = true, law = law } }
    for _, part in ipairs { ">knee<", ">peak<", ">limit<", "scalability law", "peak, 95 %", "limit, 95 %" } do assert.matches(part, text, 1, true) end
    assert.equal(5, select(2, text:gsub('r="3.5"', "")))
    law.gamma, law.peak, law.limit = nil, nil, nil
    text = draw { "capacity", "The knee.", { explained = true, law = law } }
    assert.matches(">knee<", text, 1, true)
    assert.is_nil(text:find("scalability law", 1, true))
  end)
  it("is words where there is no chart, also in Markdown", function()
    local text, lines = draw({ "replicas", "Now 5.\nBecause.", { explained = true } }, { "capacity", "of a search", {} }, { "advice", "other", {} })
    assert.matches("Now 5.<br>Because.", text, 1, true)
    assert.is_nil(text:find("of a search", 1, true))
    assert.same({ "Now 5. Because." }, lines)
  end)
  it("is nothing without any", function() assert.equal("", (draw())) end)
end)
