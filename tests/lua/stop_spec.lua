local support = require "lua.support"
local broken, second, values, looks = {}, 0, {}, 0
support.without_run {
  writer = { sync = function() return true end },
  watch = { broken = function() looks = looks + 1 return broken, second end, states = function() return values end, add = function() return 42 end },
}
local clock = require "perilune.core.clock"
local json = require "perilune.core.json"
local query = require "perilune.core.query"
local stop = require "perilune.stop"

describe("what stops a load", function()
  local run, at, start_ms
  before_each(function()
    broken, second, values, looks, at, start_ms = {}, 5, {}, 0, 100, 4900
    run = support.run { watches = {} }
    function run.reader() return {} end
  end)
  --- Why a load that began at second 100 stops `seconds` later.
  local function reason(seconds)
    return support.with(clock, { now = function() return at + (seconds or 0) end }, stop.reason, run, { began = at, handle = { times = function() return start_ms end } })
  end
  local function objective(row)
    run.watches[1] = { row = row, number = 1 }
    broken[1] = true
  end

  it("is a broken objective with stop, after its time", function()
    objective { expr = "error_ratio < 5%", stop = true, after = 10, why = "users suffer" }
    values[1] = { value = 0.5 }
    assert.is_nil(reason(9))
    assert.same({ objective = "error_ratio < 5%", value = 0.5, why = "users suffer" }, reason(10))
  end)
  it("is no other objective", function()
    objective { expr = "error_ratio < 5%" }
    assert.is_nil(reason(60))
  end)
  it("is looked for where something can stop it, and only there", function()
    objective { expr = "error_ratio < 5%" }
    assert.is_nil(reason(60))
    assert.equal(0, looks)
    stop.when(run, function() return false end)
    assert.is_nil(reason(60))
    assert.equal(1, looks)
  end)
  it("is a rule that says so, with why", function()
    stop.when(run, function() return "too hot" end)
    second = 6
    local r = reason(0)
    assert.same({ "stop_when", "too hot" }, { r.objective, r.why })
    assert.matches("stop_spec.lua:%d+$", json.decode(json.encode(r)).rule)
    run.stop_rules = {}
    stop.when(run, function() return true end)
    assert.is_nil(reason(0).why)
  end)
  it("is told of a rule that never had a value to judge", function()
    local notes = function() local list = run.notes run.notes = {} return list end
    local judged = false
    stop.when(run, function(now) return not judged and now:value "p99(latency) over last 1s" and false end, { every = "100ms" })
    local function ask(n)
      for i = 0, n do support.with(query, { eval = function() return {} end }, support.with, require "perilune.metrics", { check = function() return {} end }, reason, i) end
      stop.ended(run)
    end
    ask(3)
    assert.same({ "stop_when was never judged: p99(latency) over last 1s had no value, of too few samples or without a full window" }, notes())
    judged = true
    ask(3)
    assert.same({}, notes())
  end)
  it("asks a rule when a second has ended, or as often as it wants", function()
    local asked = 0
    stop.when(run, function() asked = asked + 1 end)
    reason(0)
    reason(0.2)
    assert.equal(1, asked)
    second = 6
    reason(1)
    assert.equal(2, asked)
    run.stop_rules, asked = {}, 0
    stop.when(run, function() asked = asked + 1 end, { every = "100ms" })
    for i = 0, 9 do reason(i / 10 + 0.001) end
    assert.equal(10, asked)
  end)
  it("gives a rule live values, and what is stored while those are young", function()
    local seen = {}
    stop.when(run, function(now) seen[#seen + 1] = now:value "max(users)" end)
    support.with(query, { eval = function() return { { value = 3 } } end }, reason, 5) -- added after the load began
    second, values = 6, { [42] = { value = 9 } }
    run.live_values["max(users)"].added = at - 1
    reason(6)
    assert.same({ 3, 9 }, seen)
  end)
  it("judges no figure of the time before the load", function()
    stop.when(run, function(now) return now:value "max(users)" end)
    run.live_values["max(users)"] = { number = 42, added = at - 1 }
    values, start_ms = { [42] = { value = 9 } }, 5900
    assert.is_nil(reason(0.1))
    second = 6
    assert.equal(9, reason(1.1).value)
  end)
  it("does not judge what is not there yet, and tells a rule's mistakes", function()
    run.live_values["max(users)"] = { number = 42, added = at - 1 }
    stop.when(run, function(now) return now:value "max(users)" end)
    assert.is_nil(reason(1))
    run.stop_rules = {}
    stop.when(run, function() error({ code = "script", message = "boom" }, 0) end)
    second = 7
    assert.matches("boom$", (support.message(reason, 2)))
  end)
  it("knows its options", function()
    assert.matches("every is at least 100ms", (support.message(stop.when, run, print, { every = "10ms" })), 1, true)
    assert.matches('unknown option "evry"', (support.message(stop.when, run, print, { evry = 1 })), 1, true)
  end)
end)
