local fixture = require "lua.report.fixture"
local svg = require "perilune.report.chart.svg"
local time_series = require "perilune.report.chart.time_series"

describe("lines over time", function()
  local function draw(values, o)
    o = o or {}
    o.title, o.unit, o.grid, o.events, o.series = "T<1>", o.unit or "rate", fixture.grid, {}, { { name = "s", class = "c1", values = values } }
    return time_series.draw(o)
  end
  local function path_of(text) return text:match '<path d="([^"]*)" class="line c1"' end

  it("have a gap where there is no value", function()
    local text = draw { 1, 2, nil, 4, 5 }
    assert.matches("T&lt;1&gt;", text, 1, true)
    assert.equal(2, select(2, path_of(text):gsub("M", "")))
  end)
  it("show a lonely value", function()
    assert.matches("^M%S+ %S+h2$", path_of(draw { nil, 5 }))
  end)
  it("are not drawn of nothing", function()
    assert.equal("", draw {})
  end)
  it("leave out what a logarithm cannot show", function()
    assert.equal(2, select(2, path_of(draw({ 0.01, 0, 0.1 }, { log = true, unit = "duration" })):gsub("M", "")))
    assert.matches("class=\"line c1\"", draw({ 0, 0 }, { log = true, unit = "duration" }), 1, true)
  end)
  it("show limits that are near, and no others", function()
    assert.matches(">p99 &lt; 2<", draw({ 1 }, { limits = { { value = 2, name = "p99 < 2" } } }), 1, true)
    assert.is_nil(draw({ 1 }, { limits = { { value = 100, name = "far" } } }):find("far", 1, true))
  end)
  it("stay in the drawing where they are below 0", function()
    local text = draw { -5, 5 }
    assert.matches(">-5/s<", text, 1, true)
    for y in path_of(text):gmatch "[ML][%d.]+ ([%d.]+)" do assert.is_true(tonumber(y) <= svg.HEIGHT - svg.BOTTOM) end
  end)
  it("reach as high as the chart asks", function()
    assert.matches(">100 %%<", draw({ 0.1 }, { unit = "ratio", top = 1 }))
  end)
end)
