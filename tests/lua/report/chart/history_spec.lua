local history = require "perilune.report.chart.history"

describe("a history", function()
  local function draw(o)
    o.title, o.times, o.values = "disk", o.times or { 0, 3600, 7200 }, o.values or { 10, 11, 12 }
    return history.draw(o)
  end

  it("is a line", function() assert.equal(2, select(2, draw({}):match('d="([^"]*)" class="line c1"'):gsub("L", ""))) end)
  it("goes on as a fan, the widest interval first, with the mean upon it", function()
    local text = draw { ahead = { 10800, 14400 }, mean = { 13, 14 }, intervals = { { level = 0.5, lo = { 12, 13 }, hi = { 14, 15 } }, { level = 0.95, lo = { 10, 11 }, hi = { 16, 17 } } } }
    assert.equal(2, select(2, text:gsub('class="fan c2"', "")))
    assert.is_true(text:find("<title>95 %</title>", 1, true) < text:find("<title>50 %</title>", 1, true))
    assert.matches('class="line c2"', text, 1, true)
    assert.matches("forecast 14", text, 1, true)
  end)
  it("shows a limit that is near, and none that is far away", function()
    assert.matches(">limit 13<", draw { limits = { { value = 13, name = "limit 13" } } }, 1, true)
    assert.is_nil(draw({ limits = { { value = 1000, name = "limit 1000" } } }):find("limit 1000", 1, true))
  end)
  it("has levels, and marks within its time, whose names are escaped", function()
    local text = draw { levels = { { from = 0, to = 3600, value = 10 } }, marks = { { at = 3600, name = "<p50>" }, { at = 1e9, name = "late" } } }
    assert.matches("line c2 level", text, 1, true)
    assert.matches(">&lt;p50&gt;<", text, 1, true)
    assert.is_nil(text:find("late", 1, true))
  end)
  it("writes no name upon another", function()
    local function labels(...)
      local list = {}
      for i, at in ipairs { ... } do list[i] = { at = at, name = "p" .. i } end
      local out = {}
      for x, y, name in draw({ marks = list }):gmatch '<text x="([%d.]+)" y="([%d.-]+)" class="mark%-text"[^>]*>([^<]*)<' do out[#out + 1] = { x = tonumber(x), y = tonumber(y), name = name } end
      return out
    end
    assert.equal(3, #labels(1000, 3600, 7000))
    local near = labels(3600, 3610, 3620)
    assert.same({ 2, "p1", "p2 p3" }, { #near, near[1].name, near[2].name })
    assert.is_true(near[2].y < near[1].y)
  end)
  it("tells two crossings that are near each other apart, by what is read when one points there, and writes p10 once", function()
    local text = draw { marks = { { at = 3600, name = "p10", of = "800" }, { at = 3605, name = "p10", of = "820" }, { at = 3610, name = "p50", of = "800" } } }
    assert.matches("<title>p10 of 820</title>", text, 1, true)
    assert.equal(1, select(2, text:gsub(">p10<", "")))
    assert.equal(1, select(2, text:gsub(">p50<", "")))
  end)
  it("writes names of limits that are near each other side by side", function()
    local text = draw { limits = { { value = 11.9, name = "limit 11.9" }, { value = 12, name = "limit 12" }, { value = 10.1, name = "floor 10.1" } } }
    local at, height = {}, {}
    for x, y, name in text:gmatch '<text x="([%d.]+)" y="([%d.]+)" class="limit%-text">([^<]*)<' do at[name], height[name] = tonumber(x), y end
    assert.equal(height["limit 12"], height["limit 11.9"], "above both lines")
    assert.is_true(at["limit 11.9"] > at["limit 12"] + 8 * 6)
    assert.equal(at["limit 12"], at["floor 10.1"])
  end)
  it("rounds no value of its axis to another", function()
    local text = draw { values = { 0.026, 0.036, 0.03 } }
    for _, tick in ipairs { "0.025", "0.0275", "0.03", "0.0325", "0.035", "0.0375" } do assert.matches(">" .. tick .. "<", text, 1, true) end
    assert.matches(">100,025<", draw { values = { 100000, 100090, 100100 } }, 1, true)
  end)
  it("has the clock below", function() assert.matches(">01:00<", draw {}, 1, true) end)
  it("has three to nine moments below, from ten seconds to thirty years", function()
    for _, days in ipairs { 10 / 86400, 1 / 24, 1, 10, 30, 570, 1000, 3652, 10957 } do
      local span = days * 86400
      local _, n = draw({ times = { 1.6e9, 1.6e9 + span / 2, 1.6e9 + span } }):gsub('y="[%d.]+" class="tick" text%-anchor="middle"', "")
      assert.is_true(n >= 2 and n <= 9, ("%g days: %d"):format(days, n))
    end
  end)
  it("is drawn of one value, of equal and of negative ones, and not of none", function()
    for _, values in ipairs { { 5 }, { 0, 0, 0 }, { -3, -3, -1 } } do
      local text = draw { times = table.move({ 0, 1, 2 }, 1, #values, 1, {}), values = values }
      assert.is_nil(text:find("nan", 1, true))
      assert.is_nil(text:find("inf", 1, true))
    end
    assert.equal("", draw { times = {}, values = {} })
  end)
end)
