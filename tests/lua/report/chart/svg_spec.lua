local svg = require "perilune.report.chart.svg"

describe("pieces of SVG", function()
  it("escape what others wrote", function()
    assert.equal("&lt;a href=&quot;x&quot;&gt;&amp;&#39;", svg.escape [[<a href="x">&']])
    assert.matches("<title>deploy: &lt;b&gt;</title>", (function()
      local out = {}
      svg.events(out, { { kind = "deploy", text = "<b>", at = 1, seconds = 0 } }, svg.scale(0, 10, svg.LEFT, svg.WIDTH - svg.RIGHT))
      return table.concat(out)
    end)(), 1, true)
  end)
  it("are none of an event outside the chart", function()
    local out = {}
    svg.events(out, { { kind = "deploy", text = "v2", at = -1, seconds = 0 }, { kind = "deploy", text = "v3", at = 11, seconds = 0 } }, svg.scale(0, 10, svg.LEFT, svg.WIDTH - svg.RIGHT))
    assert.same({}, out)
  end)
  it("write marks of one moment below each other, and far ones in one row", function()
    local out, events = {}, { { kind = "note", text = "far", at = 9 } }
    for i = 1, 5 do events[#events + 1] = { kind = "anomaly", text = "spike of series " .. i, at = 2 + i / 100 } end
    events[#events + 1] = { kind = "note", text = ("ä"):rep(30), at = 5 }
    events[#events + 1] = { kind = "note", text = ("\xff"):rep(30), at = 5 }
    svg.events(out, events, svg.scale(0, 10, svg.LEFT, svg.WIDTH - svg.RIGHT))
    local rows, text = {}, table.concat(out)
    for y, name in text:gmatch 'y="([%d.]+)" class="mark%-text"[^>]*>([^<]*)' do rows[name] = tonumber(y) - svg.TOP end
    assert.same({ 8, 22, 36, 8, 8, 22 }, { rows["spike of series 1"], rows["spike of series 2"], rows["spike of series 3"], rows.far, rows[("ä"):rep(24)], rows[("\xff"):rep(24)] })
    assert.is_nil(rows["spike of series 4"])
    assert.matches("<title>anomaly: spike of series 5</title>", text, 1, true)
  end)
  it("have round ticks", function()
    assert.same({ 0, 25, 50, 75, 100 }, svg.linear_ticks(100))
    assert.same({ 0, 0.5, 1.0, 1.5, 2.0 }, svg.linear_ticks(1.7))
    assert.same({ 0, 1 }, svg.linear_ticks(0), "an empty chart has an axis, too")
    assert.same({ 0, 2048, 4096, 6144 }, svg.linear_ticks(6000, "size"))
    assert.same({ -10, -5, 0, 5 }, svg.linear_ticks(5, nil, -9), "values below 0 are on the axis")
    assert.same({ 0.001, 0.01, 0.1 }, svg.log_ticks(0.001, 0.1))
    assert.same({ 0.01, 0.1 }, svg.log_ticks(0.01, 0.01))
    assert.same({ 0, 5, 10, 15, 20, 25 }, svg.time_ticks(25))
  end)
  it("have at most ten steps of time, whatever its length", function()
    for _, seconds in ipairs { 1, 59, 3601, 90000, 864000, 570 * 86400, 3652 * 86400, 3e10 } do assert.is_true(#svg.time_ticks(seconds) <= 11, tostring(seconds)) end
  end)
  it("count long times in days or years", function()
    local function labels(seconds)
      local out, found = {}, {}
      svg.time_axis(out, seconds, svg.scale(0, seconds, 0, 700))
      for label in table.concat(out):gmatch ">([^<]+)</text>" do found[#found + 1] = label end
      return found
    end
    assert.same({ "0:00", "0:01" }, labels(1))
    assert.same({ "0:00", "4:00:00", "8:00:00", "12:00:00", "16:00:00", "20:00:00", "24:00:00" }, labels(86400))
    assert.same({ "0:00", "7 d", "14 d", "21 d", "28 d" }, labels(30 * 86400))
    assert.same({ "0:00", "60 d", "120 d", "180 d", "240 d", "300 d", "360 d", "420 d", "480 d", "540 d" }, labels(570 * 86400))
    assert.same({ "0:00", "2 y", "4 y", "6 y", "8 y", "10 y" }, labels(3652 * 86400))
  end)
  it("write times and coordinates short", function()
    assert.same({ "0:00", "1:05", "1:02:05" }, { svg.elapsed(0), svg.elapsed(65), svg.elapsed(3725) })
    assert.same({ "1", "1.5", "-0.3" }, { svg.n(1.04), svg.n(1.5), svg.n(-0.26) })
  end)
  it("scale, also where everything is one value", function()
    local x, flat, log = svg.scale(0, 10, 100, 200), svg.scale(5, 5, 100, 200), svg.scale(1, 100, 0, 2, true)
    assert.same({ 100, 150, 200 }, { x(0), x(5), x(10) })
    assert.equal(100, flat(5))
    assert.is_true(math.abs(log(10) - 1) < 1e-9)
  end)
  it("mark what was measured at once as one band", function()
    local out, events = {}, { { kind = "measured", text = "b", at = 2, seconds = 5 }, { kind = "measured", text = "a", at = 1, seconds = 4 }, { kind = "measured", text = "c", at = 8, seconds = 1 } }
    svg.events(out, events, svg.scale(0, 10, 0, 100))
    assert.equal(2, #out)
    assert.matches('x="10".-width="60".*measured: a, b', out[1])
    assert.is_true(svg.has_band(events))
    assert.is_false(svg.has_band { { kind = "phase" } })
  end)
  it("have phases above the plot, with their names where there is room, but none within another", function()
    local out, events = {}, { { id = 1, kind = "phase", text = "at <rest>", at = 0, seconds = 5 }, { id = 2, kind = "phase", text = "within", parent = 1, at = 1, seconds = 2 },
      { id = 3, kind = "phase", text = "too long a name", at = 5, seconds = 0.5 }, { id = 4, kind = "deploy", text = "v2", at = 6, seconds = 0 }, { id = 5, kind = "phase", text = "late", parent = 4, at = 6, seconds = 4 } }
    svg.events(out, events, svg.scale(0, 10, 100, 500))
    local text = table.concat(out)
    assert.matches('<path d="M100 17v%-5H300v5" class="phase"><title>phase: at &lt;rest&gt;</title></path><text x="100" y="9" class="phase%-text">at &lt;rest&gt;</text>', text)
    assert.is_nil(text:find("within", 1, true))
    assert.equal(1, select(2, text:gsub("too long a name", "")))
    assert.equal(2, select(2, text:gsub("late", "")))
    assert.equal(2, select(2, text:gsub('class="phase%-text"', "")))
  end)
  it("write large and small values as short as the room to the left of a plot", function()
    local function of(unit, ...)
      local out, text = {}, {}
      svg.y_axis(out, { ... }, svg.scale(0, 1, 100, 0), unit)
      for t in table.concat(out):gmatch ">([^<>]+)</text>" do text[#text + 1] = t end
      return text
    end
    assert.same({ "0", "50 G", "100 G" }, of("number", 0, 5e10, 1e11))
    assert.same({ "0", "1.5 M", "3 M" }, of("number", 0, 1.5e6, 3e6))
    assert.same({ "999 M", "999.5 M" }, of("number", 999e6, 999.5e6))
    assert.same({ "0", "5e+299", "1e+300" }, of("number", 0, 5e299, 1e300))
    assert.same({ "0", "2e-08", "4e-08" }, of("number", 0, 2e-8, 4e-8))
    assert.same({ "-500,000", "0", "500,000" }, of("number", -500000, 0, 500000))
  end)
end)
