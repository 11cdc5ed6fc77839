--- Words to a run: how they are read, and what they do to loads.
local control = require "perilune.control"
local support = require "lua.support"

describe("control", function()
  it("reads levels, shares, scenarios, pauses", function()
    local w = control.parse "rate=800/s"
    assert.same({ "level", { "open" } }, { w.action, w.models })
    assert.equal(800, w.change(5))
    assert.equal(150, control.parse("rate=+50%").change(100))
    assert.equal(2.5, control.parse("users=-50%").change(5))
    assert.same({ "open", "closed" }, control.parse("level=-10%").models)
    w = control.parse "browse:users=7"
    assert.same({ "browse", { "closed" }, 7 }, { w.scenario, w.models, w.change(1) })
    assert.equal("toggle", control.parse("toggle").action)
  end)
  it("refuses the rest", function()
    for _, text in ipairs { "", "rate", "rate=", "rate=x", "users=1.5", "users=-1", "rate=-150%", "rate=+1.2.3%", "level=-.%", "faster", "a:pause", "speed=1", "level=5" } do
      assert.equal("invalid", select(2, pcall(control.parse, text)).code, text)
    end
    assert.matches("write users=5, or a share, such as users=+10%", support.message(control.parse, "users=+5"), 1, true)
    assert.matches("write rate=50/s, or a share", support.message(control.parse, "rate=+50/s"), 1, true)
    assert.matches("rate=800/s", support.message(control.parse, "faster"), 1, true)
  end)
end)
