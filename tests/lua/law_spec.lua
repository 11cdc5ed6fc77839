local law = require "perilune.law"
local support = require "lua.support"

describe("laws of think time", function()
  it("are plain values in seconds", function()
    assert.same({ perilune = "law", law = "uniform", a = 0.5, b = 2 }, law.uniform("500ms", "2s"))
    assert.same({ perilune = "law", law = "exponential", a = 3, b = 0 }, law.exponential "3s")
    local l = law.lognormal { median = "2s", sigma = 0.5 }
    assert.is_true(math.abs(math.exp(l.a) - 2) < 1e-12)
    assert.same({ 0.1, 1 }, law.empirical({ "100ms", 1 }).values)
  end)
  it("refuse what is none", function()
    assert.matches("shorter than the first", (support.message(law.uniform, "2s", "1s")), 1, true)
    assert.matches("sigma", (support.message(law.lognormal, { median = "2s" })), 1, true)
    assert.matches("longer than 0", (support.message(law.lognormal, { median = "0s", sigma = 1 })), 1, true)
    assert.matches("a list of durations", (support.message(law.empirical, {})), 1, true)
  end)
end)
