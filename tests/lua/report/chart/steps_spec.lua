local steps = require "perilune.report.chart.steps"

describe("values against offered load", function()
  local function draw(points, mark)
    return steps.draw { title = "t", unit = "rate", x_unit = "rate", mark = mark, series = { { name = "answered", class = "c1", points = points } } }
  end

  it("are a line through the steps, with a ring where one failed", function()
    local text = draw { { 50, 50, true }, { 100, 90, false }, { 200, 95 } }
    assert.matches("^M%S+ %S+L%S+ %S+L%S+ %S+$", text:match 'd="([^"]*)" class="line c1"')
    assert.equal(1, select(2, text:gsub("<circle", "")))
  end)
  it("show what was found", function()
    assert.matches(">capacity<", draw({ { 50, 50, true } }, { value = 50, name = "capacity" }), 1, true)
  end)
  it("have ticks in the units of both axes", function()
    local text = draw { { 100, 40, true } }
    assert.matches(">100/s<", text, 1, true)
    assert.matches(">40/s<", text, 1, true)
  end)
  it("say what was seen at the lowest and the highest load", function()
    assert.matches('aria-label="t: answered 50/s at 50/s, 95/s at 200/s"', draw { { 50, 50, true }, { 100, 90, false }, { 200, 95 } }, 1, true)
  end)
  it("are not drawn of nothing", function()
    assert.equal("", draw {})
    assert.equal("", draw { { 0, 0 } })
  end)
end)
