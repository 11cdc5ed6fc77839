local support = require "lua.support"
support.without_run { writer = {} }
local consumers = require "perilune.consumers"
local grid = require "perilune.grid"

describe("consumers of a machine", function()
  --- Ten steps of a second; counters grow by what is given, gauges are it.
  local function view(series)
    local reader = support.reader(series)
    function reader.samples(_, id)
      local times, values = {}, {}
      for i = 0, 10 do times[i + 1], values[i + 1] = i * 1000, series[id][1]:find "_total" and i * series[id][3] or series[id][3] end
      return times, values
    end
    return { reader = reader, row = 1, grid = grid.new(0, 10000, 1) }
  end
  local STEPS = { 2, 3, 4 }
  local function two() return 2 end

  it("are processes and containers of the same instance, by their names", function()
    local cpu, memory = consumers.of(view {
      { "process_cpu_seconds_total", { instance = "a", process = "shop", role = "target" }, 0.5 }, { "process_cpu_seconds_total", { instance = "b", process = "shop" }, 1 },
      { "process_cpu_seconds_total", { instance = "a", source = "self" }, 0.1 }, { "process_cpu_seconds_total", { instance = "a", source = "process" }, 0.1 },
      { "container_cpu_usage_seconds_total", { instance = "a", name = "db", id = "/x" }, 0.2 }, { "container_cpu_usage_seconds_total", { instance = "a", id = "/y" }, 0.2 },
      { "process_resident_memory_bytes", { instance = "a", process = "shop" }, 64 },
    }, "a")
    local names = {}
    for i, one in ipairs(cpu) do names[i] = one.name end
    assert.same({ "shop", "perilune", "the sampled process", "container db" }, names)
    assert.near(0.5, cpu[1].values[3], 1e-9)
    assert.same({ "shop", 64 }, { memory[1].name, memory[1].values[5] })
  end)
  it("have shares of the whole within a load, the largest first, each once", function()
    local list = { { name = "a", role = "generator", values = { 1, 1, 1, 1 } }, { name = "b", role = "target", values = { 9, 1, 2, 1 } }, { name = "b", role = "target", values = { 9, 1, 2, 1 } }, { name = "c", values = {} } }
    local shares = consumers.shares(list, two, STEPS, { 100, 100, 100, 200 })
    assert.same({ "b", "a" }, { shares[1].name, shares[2].name })
    assert.near(4 / 3 / 2, shares[1].mean, 1e-12)
    assert.equal(1, shares[1].max)
    assert.near(4 / 400, shares[1].demand, 1e-12)
    assert.is_nil(consumers.shares(list, two, STEPS)[1].demand)
    assert.same({}, consumers.shares(list, function() return 0 end, STEPS))
    assert.equal("b", consumers.target(shares).name)
    assert.is_nil(consumers.target { { name = "a", role = "generator" } })
    assert.equal("by b 66.7 % (10 ms a request), by a 50 % (it sends the load)", consumers.text(shares))
    assert.is_nil(consumers.text {})
  end)
  it("are told up to a number", function()
    local list = {}
    for i = 1, 20 do list[i] = { name = "p" .. i, values = { i, i, i, i } } end
    local shares = consumers.shares(list, function() return 100 end, STEPS)
    assert.same({ consumers.MOST, "p20" }, { #shares, shares[1].name })
  end)
end)
