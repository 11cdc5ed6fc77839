require("lua.support").without_run()
local grid = require "perilune.grid"

describe("steps of equal length", function()
  --- A reader of one series with these samples.
  local function reader_of(times, values)
    return { samples = function() return times, values end, series = function() return { { id = 1, labels = { job = "a" } }, { id = 2, labels = {} } } end }
  end
  local function grown(times, values, from, to, step) return grid.new(from, to, step):growth(reader_of(times, values), { id = 1 }, 1, {}) end

  it("are longer where there would be too many", function()
    assert.same({ 60, 1000 }, { grid.new(0, 60000).n, grid.new(0, 60000).step })
    assert.is_true(grid.new(0, 1e12).n <= grid.MOST)
    assert.equal(1, grid.new(0, 0).n)
    assert.equal(3, grid.new(0, 2500).n)
  end)
  it("share what a counter grew by, by time; a reset counts from 0", function()
    assert.same({ 5, 5, 8 }, grown({ 0, 2000, 3000 }, { 100, 110, 118 }, 0, 3000))
    assert.same({ 2, 3 }, grown({ 0, 1000, 2000 }, { 7, 9, 3 }, 0, 2000))
    assert.same({ 5 }, grown({ 0, 2000 }, { 0, 10 }, 1000, 2000))
    assert.same({}, grown({ 5000, 6000 }, { 0, 10 }, 0, 2000))
    assert.same({}, grown({ 0 }, { 10 }, 0, 2000))
    local sum = 0
    for _, v in pairs(grown({ 137, 4211, 9999 }, { 0, 41, 100 }, 0, 10000, 0.7)) do sum = sum + v end
    assert.near(100, sum, 1e-9)
  end)
  it("leave out what has been read of a counter, and remember what is", function()
    local read = setmetatable({ { 1000, 3000 } }, grid.Stretches)
    local function of(times, values) return grid.new(0, 6000):growth(reader_of(times, values), { id = 1 }, 1, {}, read) end
    assert.same({ 1, 16 }, (function(g) return { g[1], g[4] } end)(of({ 0, 1000, 2000, 3000, 4000 }, { 0, 1, 3, 7, 23 })))
    assert.same({ { 0, 4000 } }, { table.unpack(read) })
    assert.same({}, of({ 0, 1000, 2000, 3000, 4000 }, { 0, 1, 3, 7, 23 }))
    read:add(9000, 9500)
    assert.same({ 2, 1, true, false }, { #read, #read:within(3999, 8000), read:has(9500), read:has(9000) })
  end)
  it("have a gauge's last value, held over short gaps", function()
    local g = grid.new(0, 30000)
    local out = g:gauge(reader_of({ 0, 2000, 4000, 25000 }, { 1, 2, 3, 9 }), { id = 1 }, 1, {})
    assert.equal(1, out[1])
    assert.equal(1, out[2])
    assert.equal(3, out[5])
    assert.equal(3, out[20], "within three usual distances")
    out = g:gauge(reader_of({ 0, 1000, 2000, 3000, 4000, 25000 }, { 1, 2, 3, 4, 5, 9 }), { id = 1 }, 1, { [26] = 1 })
    assert.is_nil(out[10])
    assert.equal(10, out[26], "is added")
  end)
  it("take the series that a selector means", function()
    local function ids(matchers)
      local out = {}
      for _, s in ipairs(grid.series(reader_of {}, { metric = "m", matchers = matchers }, 1)) do out[#out + 1] = s.id end
      return out
    end
    assert.same({ 1, 2 }, ids {})
    assert.same({ 1 }, ids { { label = "job", value = "a", equal = true } })
    assert.same({ 2 }, ids { { label = "job", value = "a", equal = false } })
  end)
end)
