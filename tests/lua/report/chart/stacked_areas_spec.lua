local fixture = require "lua.report.fixture"
local stacked_areas = require "perilune.report.chart.stacked_areas"
local svg = require "perilune.report.chart.svg"

describe("areas on top of each other", function()
  local function draw(series, o)
    o = o or {}
    o.title, o.unit, o.grid, o.events, o.series = "t", "rate", fixture.grid, o.events or {}, series
    return stacked_areas.draw(o)
  end

  it("reach to their sum", function()
    local text = draw { { name = "x", class = "c1", values = { 4 } }, { name = "y", class = "c2", values = { 6 } } }
    assert.matches(">10/s<", text, 1, true)
    local lower, upper = text:match '<path d="([^"]*)" class="area c1".-<path d="([^"]*)" class="area c2"'
    local y4 = svg.n(svg.scale(0, 10, svg.HEIGHT - svg.BOTTOM, svg.TOP)(4))
    assert.matches("^M62 " .. y4:gsub("%p", "%%%0") .. "H", lower)
    assert.matches(" " .. y4:gsub("%p", "%%%0") .. "H62$", upper)
  end)
  it("fall to the base where a part is missing", function()
    local path = draw({ { name = "x", class = "c1", values = { 4, nil, 4 } } }):match '<path d="([^"]*)" class="area c1"'
    assert.is_truthy(path:find(" " .. svg.HEIGHT - svg.BOTTOM .. "H", 1, true))
  end)
  it("are not drawn of nothing", function()
    assert.equal("", draw {})
    assert.equal("", draw { { name = "x", class = "c1", values = {} } })
  end)
  it("carry marks and one band", function()
    local text = draw({ { name = "x", class = "c1", values = { 1 } } }, { events = { { kind = "measured", text = "a", at = 1, seconds = 4 }, { kind = "deploy", text = "v2", at = 3, seconds = 0 } } })
    assert.equal(1, select(2, text:gsub('class="band"', "")))
    assert.matches('band-key">measured', text, 1, true)
    assert.matches(">v2<", text, 1, true)
  end)
end)
