local chart = require "perilune.report.chart"
local hist = require "perilune.core.hist"
local html = require "perilune.report.html"
local junit = require "perilune.report.junit"
local markdown = require "perilune.report.markdown"
local svg = require "perilune.report.svg"

describe("reports", function()
  local grid = { from = 0, to = 10000, step = 1, columns = 10, seconds = 10 }

  it("escape what others wrote", function()
    assert.equal("&lt;a href=&quot;x&quot;&gt;&amp;&#39;", svg.escape [[<a href="x">&']])
  end)
  it("have round ticks", function()
    assert.same({ 0, 25, 50, 75, 100 }, svg.linear_ticks(100))
    assert.same({ 0, 0.5, 1.0, 1.5, 2.0 }, svg.linear_ticks(1.7))
    assert.same({ 0.001, 0.01, 0.1 }, svg.log_ticks(0.001, 0.1))
    assert.same({ 0, 5, 10, 15, 20, 25 }, svg.time_ticks(25))
    assert.equal("1:02:05", svg.elapsed(3725))
  end)
  it("draw lines with gaps", function()
    local text = chart.lines { title = "T<1>", unit = "rate", grid = grid, events = {}, series = { { name = "s", class = "c1", values = { 1, 2, nil, 4 } } } }
    assert.matches("T&lt;1&gt;", text, 1, true)
    local _, moves = text:match('<path d="(M[^"]*)" class="line c1"'):gsub("M", "")
    assert.equal(2, moves)
    assert.equal("", chart.lines { title = "t", unit = "rate", grid = grid, events = {}, series = { { name = "s", class = "c1", values = {} } } })
  end)
  it("draw the heat map: darkest where most is", function()
    local h = hist.new()
    h:record(0.01, 1000)
    h:record(0.1, 1)
    local text = chart.heat_map { title = "t", grid = grid, events = {}, hists = { h } }
    assert.matches('fill%-opacity="1.00"', text)
    assert.matches('fill%-opacity="0.12"', text)
    assert.equal("", chart.heat_map { title = "t", grid = grid, events = {}, hists = {} })
  end)
  it("draw nines", function()
    local h = hist.new()
    for i = 1, 1000 do h:record(i / 1000) end
    assert.matches("99.9 %%", chart.nines { title = "t", series = { { name = "latency", class = "c1", hist = h } } })
  end)

  local model = {
    row = { name = "shop", ulid = "01ABC" }, grid = grid, requests = {}, findings = {},
    result = { verdict = "fail", objectives = { { expr = "p99(latency) < 1s", verdict = "fail", line = "✗ p99(latency) < 1s   2 s" },
      { expr = "error_ratio < 1%", verdict = "pass", line = "✓ error_ratio < 1%  0 %" } },
      comparisons = {}, loads = { { generator = { verdict = "limited", reasons = { "busy" } }, requests = { total = 5 }, rate_per_s = { achieved = 1 }, latency_s = {} } } },
  }
  it("have a margin that is above 0 on the side that holds", function()
    assert.equal("+80 %", html.margin { expr = "p99(latency) < 250ms", value = 0.05, limit = 0.25 })
    assert.equal("-100 %", html.margin { expr = "p99(latency) <= 250ms", value = 0.5, limit = 0.25 })
    assert.equal("+10 %", html.margin { expr = "rate(requests) > 100/s", value = 110, limit = 100 })
    assert.equal("-50 %", html.margin { expr = "rate(requests{name='a<b'}) >= 100/s", value = 50, limit = 100 })
    assert.equal("-", html.margin { expr = "error_ratio < 0", value = 0, limit = 0 })
  end)
  it("as JUnit", function()
    local text = junit.text(model)
    assert.matches('tests="3" failures="1" errors="0" skipped="1"', text, 1, true)
    assert.matches('<failure message="✗ p99(latency) &lt; 1s   2 s"/>', text, 1, true)
  end)
  it("as Markdown", function()
    local text = markdown.text(model)
    assert.matches("## ❌ shop: fail", text, 1, true)
    assert.matches("`p99(latency) < 1s`", text, 1, true)
  end)
end)
