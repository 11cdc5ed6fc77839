--- Load models beyond constants and stages: curves, bursts, traces.
local arrivals = require "perilune.arrivals"
local scenario = require "perilune.scenario"
local support = require "lua.support"

local function plan(s, context) return scenario.plan("s", s, nil, context) end

describe("curves", function()
  it("are sampled over the scenario's duration", function()
    local p = plan { arrivals = arrivals.poisson(arrivals.curve(function(t) return 10 * t end, { step = "1s" })), duration = "4s", user = print }
    assert.equal("poisson", p.law)
    assert.same({ { 0, 0, true }, { 1, 10, false }, { 1, 20, false }, { 1, 30, false }, { 1, 40, false } }, p.stages)
    local peak, area = scenario.volume(p)
    assert.same({ 40, 80 }, { peak, area })
  end)
  it("are followed closely however short they are", function()
    local p = plan { arrivals = arrivals.even(arrivals.curve(function(t) return 200 + 100 * math.sin(t) end)), duration = "2s", user = print }
    local _, area = scenario.volume(p)
    assert.is_true(math.abs(area - (400 + 100 * (1 - math.cos(2)))) < 0.01) -- a chord of 20 ms is off by 100 * 0.02^3 / 12 at most
    assert.equal(1, plan { users = arrivals.curve(function() return 5 end), duration = "200s", user = print }.stages[2][1])
  end)
  it("have a step, also for users", function()
    local p = plan { users = arrivals.curve(function(t) return t < 2 and 5 or 9 end, { step = "2s" }), duration = "3s", user = print }
    assert.same({ { 0, 5, true }, { 2, 9, false }, { 1, 9, false } }, p.stages)
  end)
  it("need a duration", function()
    assert.matches("duration", support.message(plan, { arrivals = arrivals.even(arrivals.curve(function() return 1 end)), user = print }), 1, true)
    assert.matches("a function", support.message(arrivals.curve, 5), 1, true)
  end)
end)

describe("bursts", function()
  local a = arrivals.bursty { base = "10/s", burst = "100/s", every = "2s", lasts = "1s" }
  local function stages(seed) return plan({ arrivals = a, duration = "1000s", user = print }, { seed = seed }).stages end

  it("alternate, fill the duration, and stay exponential times", function()
    local total, of_bursts = 0, 0
    for i, s in ipairs(stages(1)) do
      assert.equal(i % 2 == 1 and 10 or 100, s[2])
      total = total + s[1]
      of_bursts = of_bursts + (i % 2 == 0 and s[1] or 0)
    end
    assert.is_true(math.abs(total - 1000) < 1e-6)
    -- about 333 bursts of a mean of 1 s: the standard deviation of the share is about sqrt(2 * 333) / 1000 * 2 / 3 = 0.017
    assert.is_true(math.abs(of_bursts / total - 1 / 3) < 0.07)
  end)
  it("have stages and curves for rates, each by the time of the scenario", function()
    local ramp = arrivals.stages { { "10s", to = "100/s" }, { "5s", at = "40/s" } } -- and 40 a second then
    local mixed = arrivals.bursty { base = ramp, burst = arrivals.curve(function(t) return 1000 + t end, { step = "3s" }), every = "2s", lasts = "1s" }
    local list = plan({ arrivals = mixed, duration = "30s", user = print }, { seed = 3 }).stages
    local at, rate, seen = 0, 0, { ramp = 0, held = 0, burst = 0 }
    local function expect(t, level, before)
      if level >= 1000 then
        seen.burst = seen.burst + 1
        return 1000 + t
      end
      local late = t > 10 + 1e-9 or (before and t > 10 - 1e-9)
      seen[late and "held" or "ramp"] = seen[late and "held" or "ramp"] + 1
      return late and 40 or 10 * t
    end
    for _, s in ipairs(list) do
      local begin = s[3] and s[2] or rate
      assert.near(expect(at, begin, true), begin, 1e-6)
      at, rate = at + s[1], s[2]
      assert.near(expect(at, rate, s[3]), rate, 1e-6)
    end
    assert.near(30, at, 1e-6)
    assert.is_true(seen.ramp > 2 and seen.held > 2 and seen.burst > 2)
  end)
  it("may send nothing between", function()
    local off = plan({ arrivals = arrivals.bursty { base = "0/s", burst = "50/s", every = "1s", lasts = "1s" }, duration = "10s", user = print }).stages
    assert.equal(0, off[1][2])
    assert.equal(50, off[2][2])
  end)
  it("are the seed's", function()
    assert.same(stages(5), stages(5))
    assert.not_same(stages(5), stages(6))
  end)
  it("are refused without what they need", function()
    assert.matches("pl.bursty: base: ", support.message(arrivals.bursty, { base = "fast", burst = "1/s", every = "1s", lasts = "1s" }))
    assert.matches("burst", support.message(arrivals.bursty, { base = "1/s", every = "1s", lasts = "1s" }), 1, true)
    assert.matches("duration", support.message(plan, { arrivals = a, user = print }), 1, true)
  end)
end)

describe("traces", function()
  local folder = os.tmpname()
  os.remove(folder)
  os.execute("mkdir " .. folder)
  local function file(name, text)
    local f = assert(io.open(folder .. "/" .. name, "w"))
    f:write(text)
    f:close()
    return name
  end
  teardown(function() os.execute("rm -r " .. folder) end)

  it("are read from the playbook's folder", function()
    local name = file("t.csv", "timestamp\n100\n101\n103\n")
    local p = plan({ arrivals = arrivals.trace(name, { speed = 2 }), user = print }, { folder = folder })
    assert.equal("trace", p.law)
    assert.equal(24, #p.trace)
    assert.same({ 0, 1000000000, 3000000000, 25 }, { string.unpack("=I8I8I8", p.trace) })
    assert.equal(2, p.speed)
    assert.is_true(p.duration > 1.5 and p.duration < 3)
    assert.is_nil(p.trace_period)
  end)
  it("loop for as long as the scenario lasts", function()
    local p = plan({ arrivals = arrivals.trace(file("l.csv", "0\n1\n2\n3\n"), { loop = true }), duration = "60s", user = print }, { folder = folder })
    assert.equal(60, p.duration)
    assert.equal(4, p.trace_period)
  end)
  it("may be series", function()
    local points = { { time = 100, value = 10 }, { time = 160, value = 30 }, { time = 220, value = 10 } }
    local p = plan { arrivals = arrivals.trace(points, { speed = 60 }), user = print }
    assert.equal("poisson", p.law)
    assert.same({ { 0, 600, true }, { 1, 1800, false }, { 1, 600, false } }, p.stages)
    assert.equal(2, p.duration)
  end)
  it("are refused with file and line", function()
    assert.matches("b.csv: line 2", support.message(plan, { arrivals = arrivals.trace(file("b.csv", "5\nx\n")), user = print }, { folder = folder }), 1, true)
    assert.matches("outside", support.message(plan, { arrivals = arrivals.trace "../x.csv", user = print }, { folder = folder }), 1, true)
    assert.matches("speed", support.message(arrivals.trace, "x", { speed = 0 }), 1, true)
  end)
end)
