local frame = require "perilune.report.chart.frame"
local svg = require "perilune.report.chart.svg"

describe("what is around a chart", function()
  it("is a figure with title, note and legend", function()
    local text = frame.figure({ title = "A & B", note = "per second", series = { { name = "<x>", class = "c1" } }, events = { { kind = "measured" } } }, { "<g/>" })
    assert.matches("<figcaption>A &amp; B <small>per second</small></figcaption>", text, 1, true)
    assert.matches('aria-label="A &amp; B"><g/></svg>', text, 1, true)
    assert.matches('<span class="key c1">&lt;x&gt;</span><span class="key band-key">measured</span>', text, 1, true)
  end)
  it("has no legend without series, and no band where nothing was measured", function()
    assert.is_nil(frame.figure({ title = "t" }, {}):find("legend", 1, true))
    assert.is_nil(frame.figure({ title = "t", series = {}, events = {} }, {}):find("band-key", 1, true))
  end)
  it("has the columns of the grid from edge to edge", function()
    local x = frame.time_scale { columns = 30, step = 2 }
    assert.same({ svg.LEFT, svg.WIDTH - svg.RIGHT }, { x(0), x(60) })
  end)
  it("is there when a series has a value", function()
    assert.is_false(frame.any {})
    assert.is_false(frame.any { { values = {} } })
    assert.is_true(frame.any { { values = {} }, { values = { [7] = 0 } } })
  end)
end)
