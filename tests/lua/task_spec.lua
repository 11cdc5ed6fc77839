local support = require "lua.support"
local task = require "perilune.task"

describe("structured tasks", function()
  it("run side by side, and give their results in order", function()
    local order = {}
    local results = task.together(function() task.yield() order[#order + 1] = "a" return 1 end, function() order[#order + 1] = "b" return 2 end)
    assert.same({ 1, 2 }, results)
    assert.same({ "b", "a" }, order)
  end)
  it("end together when one fails", function()
    local waited, ended = false, false
    local ok, err = pcall(task.together, function()
      local slept = pcall(task.sleep, 60)
      waited, ended = slept, true
    end, function() error({ code = "x", message = "boom" }, 0) end)
    assert.is_false(ok)
    assert.equal("boom", err.message)
    assert.is_true(ended)
    assert.is_false(waited)
  end)
  it("have deadlines", function()
    local _, code = support.message(task.within, 0.01, task.sleep, 60)
    assert.equal("timeout", code)
    assert.equal(7, task.within(60, function() return 7 end))
  end)
end)
