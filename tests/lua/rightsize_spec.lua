local rightsize = require "perilune.rightsize"
local support = require "lua.support"

describe("run:rightsize", function()
  local function size(target, o, run) return rightsize.run(run or support.run {}, target, o) end
  local function list(n, fn)
    local out = {}
    for i = 1, n do out[i] = fn(i) end
    return out
  end

  it("covers a steady series by the rule of ours", function()
    local r = size(list(100, function(i) return 90 + i % 10 end))
    assert.equal("predictive", r.rule)
    assert.equal(99, r.target)
    assert.is_true(r.kept)
    assert.matches("Give 99: of 100 values 0 % lay above", r:explain(), 1, true)
    assert.equal(7, size({ 7, 5, 6, 5 }).target, "of few values each is covered")
    local few = list(200, function(i) return (i * 37) % 100 end)
    assert.is_true(size(few, { violations = "10%" }).violations < 0.1001)
    assert.is_true(size(few, { violations = "10%" }).target < size(few, { violations = "1%" }).target)
    assert.matches("No size from the past", size(list(100, function(i) return i end), { violations = "1%" }):explain(), 1, true)
  end)
  it("recommends as the vertical autoscaler, in the unit that was asked", function()
    local r = size(list(300, function() return 1 end), { rule = "vpa", step = "5m" })
    assert.is_true(r.target > 1.15 and r.target < 1.21 and r.lower < r.target and r.upper > r.target)
    local percent = size(list(300, function() return 100 end), { rule = "vpa", step = "5m", unit = "percent" })
    assert.is_true(math.abs(percent.target - 100 * r.target) < 1e-9)
    assert.matches("cores: what the Vertical", r:explain(), 1, true)
    local timed = size(list(300, function(i) return { time = 300 * i, value = 1 } end), { rule = "vpa" })
    assert.equal(r.target, timed.target)
    assert.is_true(size(list(300, function() return 4e8 end), { rule = "vpa_memory", step = "5m" }).target >= 4.6e8)
  end)
  it("requests more memory where it ran out of it: as after a peak of 1.2 times what was requested, or 100 MiB more", function()
    local function memory(ooms, peak, timed)
      return size(list(720, function(i)
        local value = peak and i == 601 and peak or 4e8
        return timed and { time = 1780000000 + 300 * (i - 1), value = value } or value
      end), { rule = "vpa_memory", step = "5m", ooms = ooms })
    end
    for _, case in ipairs { { "1000000000", 1.2e9 }, { "1MB", 4e8 + 104857600 }, { "3GB", 3.6e9 } } do
      local bumped = memory { { time = "50h", request = case[1] } }
      assert.equal(memory(nil, case[2]).target, bumped.target, case[1])
      assert.equal(bumped.upper, memory({ { time = 1780000000 + 50 * 3600, request = case[1] } }, nil, true).upper)
    end
    assert.equal(memory(nil, 1.2e9).target, memory({ { time = "50h", request = 1e9 }, { time = "49h", request = 5e8 } }).target, "in their order")
    assert.matches("from 720 values, and as it ran out of memory once; it would act", memory({ { time = "50h", request = "1GiB" } }):explain(), 1, true)
    local function refusal(ooms, rule) return (support.message(size, { 1, 2 }, { rule = rule or "vpa_memory", step = "5m", ooms = ooms })) end
    assert.matches("ooms, item 1 is { time", refusal { 5 }, 1, true)
    assert.matches("ooms, item 2: request", refusal { { time = 1, request = 1 }, { time = 1, request = 0 } }, 1, true)
    assert.matches("ooms, item 1: it is before the first value", refusal { { time = -1, request = 1 } }, 1, true)
    assert.matches("ooms belongs to", refusal({ { time = 1, request = 1 } }, "vpa"), 1, true)
  end)
  it("plays a policy over a demand, recorded or planned", function()
    local demand = list(240, function(i) return i <= 100 and 10 or 100 end)
    local o = { rule = "hpa", step = "1m", per_replica = "10/s", utilisation = "50%", ready = "5m", start = 2, price = 0.5 }
    local late = size(demand, o)
    assert.is_true(late.violations > 0 and late.replicas[240] == 20)
    assert.is_true(math.abs(late.cost - late.replica_hours / 2) < 1e-9)
    assert.matches("of the time there were too few", late:explain(), 1, true)
    o.ahead = demand
    assert.is_true(size(demand, o).violations < late.violations)
    assert.is_true(size({ mean = demand, time = list(240, function(i) return 60 * i end) }, { rule = "hpa", per_replica = 10 }).known)
  end)
  it("changes replicas no faster than the policies let it", function()
    local demand = list(60, function(i) return i <= 10 and 10 or 200 end)
    local function played(more)
      local o = { rule = "hpa", step = "1m", per_replica = 10, utilisation = "100%", ready = "0s", start = 1, tolerance = "0%" }
      for k, v in pairs(more) do o[k] = v end
      return size(demand, o).replicas
    end
    assert.same({ 1, 5, 10, 20 }, { table.unpack(played({}), 11, 14) }) -- the larger of 100 % and 4 pods
    assert.same({ 1, 3, 5, 7 }, { table.unpack(played { up_policies = { { pods = 2, period = "1m" } } }, 11, 14) })
    assert.same({ 1, 2, 4, 6 }, { table.unpack(played { up_policies = { { pods = 2, period = "1m" }, { percent = "100%", period = "1m" } }, up_select = "min" }, 11, 14) })
    assert.same({ 1, 4, 4, 4, 7 }, { table.unpack(played { up_policies = { { pods = 3, period = "3m" } } }, 11, 15) })
    assert.same({ 1, 1 }, { table.unpack(played { up_select = "disabled" }, 59, 60) })
    assert.equal(20, size(list(60, function(i) return i <= 10 and 200 or 10 end), { rule = "hpa", step = "1m", per_replica = 10, start = 20, utilisation = "100%", down_select = "disabled" }).least)
  end)
  it("refuses policies that are none", function()
    local function refusal(policies, name) return (support.message(size, { 1 }, { rule = "hpa", step = "1m", per_replica = 1, [name or "up_policies"] = policies })) end
    assert.matches("up_policies is a list of 1 to 8", refusal {}, 1, true)
    assert.matches("up_policies is a list of 1 to 8", refusal(list(9, function() return { pods = 1, period = "15s" } end)), 1, true)
    assert.equal("number", type(size({ 1 }, { rule = "hpa", step = "1m", per_replica = 1, up_policies = list(8, function() return { pods = 1, period = "15s" } end) }).most))
    assert.matches("up_policies, item 1 has pods or percent", refusal { { period = "15s" } }, 1, true)
    assert.matches("down_policies, item 2: pod is not known", refusal({ { pods = 1, period = "15s" }, { pod = 1, period = "15s" } }, "down_policies"), 1, true)
    assert.matches("period is a duration", refusal { { pods = 1, period = "31m" } }, 1, true)
    for _, none in ipairs { "0%", "0.4%" } do assert.matches('item 1: percent is at least "1%"', refusal { { percent = none, period = "15s" } }, 1, true) end
    assert.matches("item 1: pods is a whole number of at least 1", refusal { { pods = 0, period = "15s" } }, 1, true)
    assert.matches("up_select", refusal("most", "up_select"), 1, true)
    assert.matches("more than 1024 steps of 1 s", (support.message(size, { 1 }, { rule = "hpa", step = "1s", per_replica = 1, down_window = "1h" })), 1, true)
  end)
  it("refuses a tolerance within which all stays, and a price below 0", function()
    local function refusal(o)
      o.rule, o.step, o.per_replica = "hpa", "1m", 1
      return (support.message(size, { 1, 2 }, o))
    end
    assert.matches("tolerance is a share from 0 to below 100%", refusal { tolerance = "100%" }, 1, true)
    assert.matches("price is that of a replica an hour, 0 or more", refusal { price = -1 }, 1, true)
  end)
  it("asks the timeline for an expression, and refuses several series", function()
    local asked
    local run = support.run {}
    function run.query(_, expr, o)
      asked = { expr, o }
      return list(50, function(i) return { labels = { cpu = expr == "two" and tostring(i % 2) or "0" }, time = i, value = 5 } end)
    end
    assert.equal(5, size("cpu", { step = "30s" }, run).target)
    assert.same({ "cpu", { step = 30 } }, asked)
    assert.matches("two has several series", (support.message(size, "two", nil, run)), 1, true)
  end)
  it("says what it cannot know, and refuses what is missing", function()
    assert.matches("no values", size({}).why, 1, true)
    assert.matches("2 values; 4 are needed", size({ 1, 2 }).why, 1, true)
    assert.matches("no value can be used", size(list(5, function() return 0 / 0 end)).why, 1, true)
    assert.matches("no value can be used", size({ -1 }, { rule = "vpa", step = "1m" }):explain(), 1, true)
    assert.matches("needs the time between", (support.message(size, { 1 }, { rule = "vpa" })), 1, true)
    assert.matches("per_replica", (support.message(size, { 1 }, { rule = "hpa", step = "1m" })), 1, true)
    assert.matches("violations is a share", (support.message(size, { 1 }, { violations = 0 })), 1, true)
    assert.matches("ahead: 1 values for 2", (support.message(size, { 1, 2 }, { rule = "hpa", step = "1m", per_replica = 1, ahead = { 1 } })), 1, true)
  end)
end)
