local stream = require "perilune.stream"

describe("seeded numbers", function()
  it("are SplitMix64", function()
    -- The first outputs for the state 1234567, as published with the generator.
    local s = stream.new(1234567, "")
    for _, z in ipairs { 6457827717110365317, 3203168211198807973 } do
      assert.equal((z >> 11) * 0x1p-53, s:unit())
    end
  end)
  it("depend on seed and key alone", function()
    local a, b, c, d = stream.new(1, "k"), stream.new(1, "k"), stream.new(1, "l"), stream.new(2, "k")
    math.randomseed(7)
    local first = a:unit()
    math.randomseed(8)
    assert.equal(first, b:unit())
    assert.is_true(first ~= c:unit() and first ~= d:unit())
  end)
  it("have the mean that was asked for", function()
    local s, sum, n = stream.new(5, ""), 0, 20000
    for _ = 1, n do sum = sum + s:exponential(3) end
    -- Five standard errors of a mean of exponentials.
    assert.is_true(math.abs(sum / n - 3) < 5 * 3 / math.sqrt(n), sum / n)
  end)
end)
