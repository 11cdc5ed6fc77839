local effect = require "perilune.effect"

describe("effects", function()
  local p99 = effect.METRICS[2]

  it("one run a side says that the noise is unknown", function()
    local c = effect.values(p99, { 0.1 }, { 0.101 }, 0.05)
    assert.equal("pass", c.verdict)
    assert.matches("noise unknown", c.line, 1, true)
    assert.matches("^· p99", c.line)
    c = effect.values(p99, { 0.1 }, { 0.2 }, 0.05)
    assert.equal("inconclusive", c.verdict)
    assert.matches("^%? p99", c.line)
  end)
  it("three a side judge", function()
    local c = effect.values(p99, { 0.1, 0.101, 0.099 }, { 0.2, 0.201, 0.199 }, 0.05)
    assert.equal("fail", c.verdict)
    assert.is_true(c.ci[1] > 0.9 and c.p < 0.01)
    assert.equal("pass", effect.values(effect.METRICS[3], { 100, 101, 99 }, { 120, 121, 119 }, 0.05).verdict)
  end)
end)
