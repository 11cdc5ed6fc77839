local distribution = require "perilune.report.chart.distribution"
local facts = require "perilune.report.facts"
local heat_map = require "perilune.report.chart.heat_map"
local hist = require "perilune.core.hist"
local html = require "perilune.report.html"
local junit = require "perilune.report.junit"
local markdown = require "perilune.report.markdown"
local stacked_areas = require "perilune.report.chart.stacked_areas"
local svg = require "perilune.report.chart.svg"
local time_series = require "perilune.report.chart.time_series"

describe("reports", function()
  local grid = { from = 0, to = 10000, step = 1, columns = 10, seconds = 10 }

  it("escape what others wrote", function()
    assert.equal("&lt;a href=&quot;x&quot;&gt;&amp;&#39;", svg.escape [[<a href="x">&']])
  end)
  it("have round ticks", function()
    assert.same({ 0, 25, 50, 75, 100 }, svg.linear_ticks(100))
    assert.same({ 0, 0.5, 1.0, 1.5, 2.0 }, svg.linear_ticks(1.7))
    assert.same({ 0, 2048, 4096, 6144 }, svg.linear_ticks(6000, "size"))
    assert.same({ 0.001, 0.01, 0.1 }, svg.log_ticks(0.001, 0.1))
    assert.same({ 0, 5, 10, 15, 20, 25 }, svg.time_ticks(25))
    assert.equal("1:02:05", svg.elapsed(3725))
  end)
  it("draw lines with gaps", function()
    local text = time_series.draw { title = "T<1>", unit = "rate", grid = grid, events = {}, series = { { name = "s", class = "c1", values = { 1, 2, nil, 4 } } } }
    assert.matches("T&lt;1&gt;", text, 1, true)
    local _, moves = text:match('<path d="(M[^"]*)" class="line c1"'):gsub("M", "")
    assert.equal(2, moves)
    assert.equal("", time_series.draw { title = "t", unit = "rate", grid = grid, events = {}, series = { { name = "s", class = "c1", values = {} } } })
  end)
  it("draw the heat map: darkest where most is", function()
    local h = hist.new()
    h:record(0.01, 1000)
    h:record(0.1, 1)
    local text = heat_map.draw { title = "t", grid = grid, events = {}, hists = { h } }
    assert.matches('fill%-opacity="1.00"', text)
    assert.matches('fill%-opacity="0.12"', text)
    assert.equal("", heat_map.draw { title = "t", grid = grid, events = {}, hists = {} })
  end)
  it("draw nines", function()
    local h = hist.new()
    for i = 1, 1000 do h:record(i / 1000) end
    assert.matches("99.9 %%", distribution.draw { title = "t", series = { { name = "latency", class = "c1", hist = h } } })
  end)

  it("draw areas on top of each other, and one band for what was measured at once", function()
    local events = { { kind = "measured", text = "a", at = 1, seconds = 4 }, { kind = "measured", text = "b", at = 2, seconds = 5 }, { kind = "deploy", text = "v2", at = 3, seconds = 0 } }
    local text = stacked_areas.draw { title = "t", unit = "rate", grid = grid, events = events,
      series = { { name = "x", class = "c1", values = { 4 } }, { name = "y", class = "c2", values = { 6 } } } }
    assert.matches(">10/s<", text, 1, true)
    assert.equal(1, select(2, text:gsub('class="band"', "")))
    assert.matches("measured: a, b", text, 1, true)
    assert.matches('band-key">measured', text, 1, true)
    assert.matches(">v2<", text, 1, true)
  end)

  local h = hist.new()
  for i = 1, 100 do h:record(i / 1000) end
  local model = {
    row = { name = "shop", ulid = "01ABC", started_ns = 0 }, verdict = "fail", grid = grid, requests = { { name = "home", scenario = "visit", latency = h } }, labels = {}, host = {}, artifacts = {}, failed_rows = {},
    arguments = { { "peak", "200/s" } }, figures = { { name = "disk read", unit = "bytes/s", min = 0, mean = 1024, max = 2048 } }, latency = h, service = h, events = { { kind = "deploy", text = "v2", at = 3, seconds = 0 } },
    slow = {}, findings = { { kind = "comparison", text = "p50 was twice as high" }, { kind = "advice", text = "look at the disk" } },
    load = { outcomes = {}, answered = {}, planned = {}, users = {}, starts = {}, latency = {} },
    machine = { cpu = {}, process = {}, disk = {}, memory = {}, resident = {}, pressure = {} },
    objectives = { { expr = "p99(latency) < 1s", verdict = "fail", unit = "duration", value = 2, limit = 1, samples = 5, line = "✗ p99(latency) < 1s   2 s" },
      { expr = "error_ratio < 1%", verdict = "pass", unit = "ratio", value = 0, limit = 0.01, ci = { 0, 0 }, scope = "scenario=visit", line = "✓ error_ratio < 1%  0 %" } },
    result = { verdict = "fail", comparisons = { { metric = "p50(latency)", unit = "duration", baseline = 1, candidate = 2, effect = 1, verdict = "fail", noise_known = true, against = "the last run", n = { 3, 1 } } },
      loads = { { url = "http://shop:8080", model = "open", duration_s = 8, generator = { verdict = "limited", reasons = { "busy" } }, requests = { total = 5, ok = 5, failed = 0, aborted = 0 },
        rate_per_s = { achieved = 1 }, latency_s = {}, service_s = {}, scenarios = { { name = "visit", model = "open", arrivals = "poisson", rate_per_s = 200, stages = 1, duration_s = 10, warmup_s = 2 } } } } },
  }
  it("say what was sent, to whom, and with which arguments", function()
    local text = html.page(model)
    for _, words in ipairs { "http://shop:8080", "Poisson arrivals, 200/s", ">10 s<", ">2 s<", "<b>visit</b>", "<dt>peak</dt><dd>200/s</dd>", "scenario=visit", "<td>1 KiB/s</td>" } do
      assert.is_truthy(text:find(words, 1, true), words)
    end
    assert.is_nil(text:find("Load 1", 1, true))
    assert.is_truthy(text:find('<td class="left">v2</td>', 1, true), "texts of events are aligned to the left")
  end)
  it("tell findings of the comparison once", function()
    local text = html.page(model)
    assert.is_truthy(text:find("look at the disk", 1, true))
    assert.is_nil(text:find("twice as high", 1, true))
    assert.is_nil(text:find("0 % to 0 %", 1, true))
  end)
  it("give no sign to a change of nothing, and the reason of an objective only where it matters", function()
    assert.equal("0.0 %", facts.change(-0.0001))
    assert.equal("-1.2 %", facts.change(-0.012))
    assert.equal("", facts.remark { verdict = "pass", why = "do not hurt it" })
    assert.equal("stopped the load; do not hurt it", facts.remark { verdict = "fail", why = "do not hurt it", stopped = true })
  end)
  it("show no percentile of too few values", function()
    assert.is_truthy(facts.quantile(h, 0.9))
    assert.is_nil(facts.quantile(h, 0.99))
    assert.matches("| home | 100 | 50 ms | - | - | 100 ms |", markdown.text(model), 1, true)
  end)
  it("have a margin that is above 0 on the side that holds", function()
    assert.equal("+80 %", facts.margin { expr = "p99(latency) < 250ms", value = 0.05, limit = 0.25 })
    assert.equal("-100 %", facts.margin { expr = "p99(latency) <= 250ms", value = 0.5, limit = 0.25 })
    assert.equal("+10 %", facts.margin { expr = "rate(requests) > 100/s", value = 110, limit = 100 })
    assert.equal("-50 %", facts.margin { expr = "rate(requests{name='a<b'}) >= 100/s", value = 50, limit = 100 })
    assert.equal("-", facts.margin { expr = "error_ratio < 0", value = 0, limit = 0 })
  end)
  it("as JUnit", function()
    local text = junit.text(model)
    assert.matches('tests="4" failures="2" errors="0" skipped="1"', text, 1, true)
    assert.matches('<failure message="✗ p99(latency) &lt; 1s   2 s"/>', text, 1, true)
  end)
  it("as Markdown", function()
    local text = markdown.text(model)
    assert.matches("## ❌ shop: fail", text, 1, true)
    assert.matches("| ❌ | `p99(latency) < 1s` | 2 s | < 1 s |", text, 1, true)
    assert.matches("| ✅ | `error_ratio < 1%` [scenario=visit] | 0 % | < 1 % |\n\n", text, 1, true)
    assert.matches("\n\n**visit** to http://shop:8080: 5 requests, 1/s (Poisson arrivals, 200/s)", text, 1, true)
  end)
end)
