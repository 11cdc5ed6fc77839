local fixture = require "lua.report.fixture"
local heat_map = require "perilune.report.chart.heat_map"
local hist = require "perilune.core.hist"

describe("the heat map", function()
  local function draw(hists) return heat_map.draw { title = "t", grid = fixture.grid, events = {}, hists = hists } end
  local function hist_of(...)
    local h = hist.new()
    for _, v in ipairs { ... } do h:record(v[1], v[2]) end
    return h
  end

  it("is darkest where most is", function()
    local text = draw { hist_of({ 0.01, 1000 }, { 0.1, 1 }) }
    assert.matches('fill%-opacity="1.00"', text)
    assert.matches('fill%-opacity="0.12"', text)
  end)
  it("is of one shade where each cell holds one", function()
    local text = draw { hist_of { 0.01, 1 } }
    assert.equal(1, select(2, text:gsub("fill%-opacity", "")))
  end)
  it("has ticks at 1, 2 and 5 of a decade where there are few", function()
    assert.matches(">20 ms<", draw { hist_of({ 0.01, 1 }, { 0.05, 1 }) }, 1, true)
    local wide = draw { hist_of({ 0.0001, 1 }, { 10, 1 }) }
    assert.matches(">100 ms<", wide, 1, true)
    assert.is_nil(wide:find(">20 ms<", 1, true))
  end)
  it("says from where to where its latencies go", function()
    assert.matches('aria-label="t: requests from 8.25 ms to 100 ms"', draw { hist_of({ 0.0099, 1 }, { 0.09, 1 }) }, 1, true)
  end)
  it("is not drawn of nothing", function()
    assert.equal("", draw {})
    assert.equal("", draw { hist.new() })
  end)
end)
