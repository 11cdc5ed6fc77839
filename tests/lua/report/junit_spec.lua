local fixture = require "lua.report.fixture"
local junit = require "perilune.report.junit"

describe("the JUnit report", function()
  it("has a case for each objective, comparison and load", function()
    local text = junit.text(fixture.model())
    assert.matches('tests="4" failures="2" errors="0" skipped="1" time="10.000"', text, 1, true)
    assert.matches('<failure message="✗ p99(latency) &lt; 1s 2 s"/>', text, 1, true)
    assert.matches('name="error_ratio &lt; 1% [scenario=visit]"', text, 1, true)
    assert.matches('classname="shop.generator" name="visit">\n      <skipped message="inconclusive: busy"/>', text, 1, true)
  end)
  it("has one for an error", function()
    local model = fixture.model()
    model.result.error = { message = 'p.lua:3: "boom"' }
    assert.matches('<error message="p.lua:3: &quot;boom&quot;"/>', junit.text(model), 1, true)
  end)
  it("has one for a run that did not come to its end", function()
    local model = fixture.model()
    model.verdict, model.result.because = "error", "the deadline passed"
    assert.matches('classname="shop.playbook" name="run">\n      <error message="the deadline passed"/>', junit.text(model), 1, true)
    model.verdict, model.result = "interrupted", {}
    assert.matches('verdict is interrupted"/>', junit.text(model), 1, true)
  end)
  it("is there for a run without anything to judge", function()
    local model = fixture.model()
    model.objectives, model.result = {}, {}
    assert.matches('<testsuite name="shop" tests="0"', junit.text(model), 1, true)
  end)
end)
