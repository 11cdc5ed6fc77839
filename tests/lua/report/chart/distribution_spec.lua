local distribution = require "perilune.report.chart.distribution"
local fixture = require "lua.report.fixture"
local hist = require "perilune.core.hist"

describe("the distribution", function()
  local function draw(...)
    local series = {}
    for i, h in ipairs { ... } do series[i] = { name = "s" .. i, class = "c" .. i, hist = h } end
    return distribution.draw { title = "t", series = series }
  end

  it("has as many nines as it has requests for", function()
    local text = draw(fixture.hist(1000))
    assert.matches(">99.9 %<", text, 1, true)
    assert.is_nil(text:find("99.99 %", 1, true))
  end)
  it("ends a line where its requests end", function()
    local long, short = draw(fixture.hist(1000), fixture.hist(20)):match 'd="([^"]*)" class="line c1".-d="([^"]*)" class="line c2"'
    local function points(path) return select(2, path:gsub("[ML]", "")) end
    assert.equal(73, points(long))
    assert.equal(32, points(short)) -- 24 log10(20) steps
  end)
  it("says the median and the most", function()
    assert.matches('aria-label="t: s1 p50 500 ms, max 1 s, s2 none"', draw(fixture.hist(1000), hist.new()), 1, true)
  end)
  it("is not drawn of fewer than ten", function()
    assert.equal("", draw(fixture.hist(9)))
    assert.equal("", draw(hist.new()))
  end)
end)
