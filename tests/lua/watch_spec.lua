local support = require "lua.support"
local parts, added, states, broken = {}, {}, {}, {}
support.without_run { watch = {
  part = function(name, times) parts[name] = times return true end,
  add = function(expr, options)
    if expr:find "wrong" then return nil, { code = "invalid", message = "wrong" } end
    added[#added + 1] = { expr, options }
    return #added
  end,
  states = function() return states end, broken = function() return broken, 7 end,
} }
local watch = require "perilune.watch"

describe("live objectives", function()
  before_each(function() parts, added, states, broken = {}, {}, {}, {} end)
  local function started(...)
    local run = support.run()
    for i, expr in ipairs { ... } do run.objectives[i] = { expr = expr, min_samples = i } end
    watch.start(run)
    return run
  end

  it("measure nothing until a load does", function()
    started()
    assert.same({ from_ms = 0, to_ms = 0, drained_ms = 0 }, parts[""])
  end)
  it("watch every objective with its options", function()
    local run = started("a < 1", "b < 2")
    assert.same({ "b < 2", { min_samples = 2, strict = false } }, added[2])
    assert.equal(2, #run.watches)
    assert.equal("wrong", (support.message(watch.follow, run, { expr = "wrong" })))
  end)
  it("are measured after the warm-up until the planned end", function()
    local run = started()
    watch.measured(run, { { name = "a", model = "open", offset = 1, warmup = 2, duration = 10 }, { name = "b", model = "iterations", offset = 0, warmup = 0, duration = 600 } })
    assert.equal(8000, parts.a.to_ms - parts.a.from_ms)
    assert.is_nil(parts.b.to_ms, "when iterations end is not known")
    assert.equal(parts.a, run.open_parts.a)
    watch.ended(run, "a", { from_ms = 1, to_ms = 2, drained_ms = 3 })
    assert.is_nil(run.open_parts.a)
    assert.equal(3, parts.a.drained_ms)
  end)
  it("tell which are broken, and in which second", function()
    local run = started("a < 1", "b < 2")
    broken = { [2] = true }
    local rows, second = watch.broken(run)
    assert.same({ { run.objectives[2] }, 7 }, { rows, second })
  end)
  it("tell how they stand, and the figures of the live view", function()
    local run = started "a < 1"
    states = { [1] = { value = 5, verdict = "fail" }, [run.figures.p99] = { text = "20 ms" } }
    local found = watch.states(run)
    assert.same({ 5, run.objectives[1] }, { found[1].value, found[1].row })
    assert.equal("20 ms", run.latest_figures.p99)
    assert.equal("fail", watch.state_of(run, run.objectives[1]).verdict)
    assert.is_nil(watch.state_of(run, {}))
  end)
end)
