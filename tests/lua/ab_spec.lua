local support = require "lua.support"
support.without_run { writer = { record = function() return 1 end } }
local ab = require "perilune.ab"
local load = require "perilune.load"
local task = require "perilune.task"

describe("run:ab", function()
  --- Runs with loads that answer like this: by scenario, a function of how often it was sent.
  local function run_of(answers, options)
    local order, sent, run = { draws = {} }, {}, support.run()
    local function step(_, name, o, draw)
      order[#order + 1] = name
      order.draws[#order] = draw
      sent[name] = (sent[name] or 0) + 1
      local r = { valid = true, rate = 100, error_ratio = 0, latency = { p50 = answers[name](sent[name]) }, duration = o.duration }
      if answers.limited then r.valid = false end
      return r
    end
    local found = support.with(load, { step = step, check_names = function() end }, support.with, task, { sleep = function() end }, ab.run, run, "base", "head", options)
    return found, table.concat(order, " "), run, order.draws
  end
  local function steady(value) return function(n) return value + n / 10000 end end

  it("interleaves A B B A, so that drift meets both alike", function()
    local _, order = run_of({ base = steady(0.1), head = steady(0.1) }, { rounds = 2 })
    assert.equal("base head head base base head head base", order)
  end)
  it("draws the same arrivals for both of a pair, and others for each pair", function()
    local _, _, _, draws = run_of({ base = steady(0.1), head = steady(0.1) }, { rounds = 2 })
    assert.same({ 1, 1, 2, 2, 3, 3, 4, 4 }, draws)
  end)
  it("says how many loads there will be", function()
    local _, _, run = run_of({ base = steady(0.1), head = steady(0.1) }, { rounds = 2 })
    assert.same({ type = "note", text = "base and head in turn: 8 loads" }, run.events[1])
  end)
  it("finds what is slower, and keeps it with the run", function()
    local found, _, run = run_of { base = steady(0.1), head = steady(0.2) }
    assert.same({ "p50(latency)", "fail", "base" }, { found.comparisons[1].metric, found.comparisons[1].verdict, found.comparisons[1].against })
    assert.equal(found.comparisons[1], run.comparisons[1])
    assert.is_true(found.valid)
    assert.same({ "base", 6, "head", 6 }, { run.sides.base[1].name, run.sides.base[1].loads, run.sides.base[2].name, run.sides.base[2].loads })
  end)
  it("leaves out what a load does not know", function()
    for _, c in ipairs(run_of({ base = steady(0.1), head = steady(0.1) }).comparisons) do assert.is_not.equal("p99(latency)", c.metric) end
  end)
  it("blames nobody when the generator was limited", function()
    local found = run_of { base = steady(0.1), head = steady(0.2), limited = true }
    assert.is_false(found.valid)
    assert.equal("inconclusive", found.comparisons[1].verdict)
    assert.matches("; the generator was limited", found.comparisons[1].line, 1, true)
  end)
  it("compares what was sent when the run ends before its last round", function()
    local run = support.run()
    local n = 0
    local function step(_, name)
      n = n + 1
      if n > 6 then error({ code = "cancelled", message = "SIGINT" }, 0) end
      return { valid = true, rate = 100, error_ratio = 0, latency = { p50 = (name == "head" and 0.2 or 0.1) + n / 10000 }, target = { url = "http://" .. name .. "/" } }
    end
    local now = { sleep = function() end, shield = function(_, fn, ...) return fn(...) end }
    local _, code = support.message(support.with, load, { step = step, check_names = function() end }, support.with, task, now, ab.run, run, "base", "head")
    assert.equal("cancelled", code)
    assert.same({ "p50(latency)", "inconclusive", { 3, 3 } }, { run.comparisons[1].metric, run.comparisons[1].verdict, run.comparisons[1].n })
    assert.matches("^~ .*; ended after 6 of 12 loads$", run.comparisons[1].line)
    assert.equal("http://head/", run.url)
  end)
  it("compares no scenario with itself", function()
    local run = support.run()
    assert.matches('both "base"', (support.message(ab.run, run, "base", "base")), 1, true)
    assert.same({}, run.events)
  end)
  it("needs two rounds to see the noise", function()
    assert.matches("at least 2 rounds", (support.message(run_of, { base = steady(1), head = steady(1) }, { rounds = 1 })), 1, true)
  end)
end)
