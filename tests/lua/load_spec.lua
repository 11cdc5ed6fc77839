local support = require "lua.support"
local core_load = {}
local marks = {}
support.without_run { writer = { record = function(_, row) if row.kind == "control" then marks[#marks + 1] = row.text end return 1 end, sync = function() return true end }, load = core_load, watch = { part = function() return true end, broken = function() return {}, 0 end, states = function() return {} end, add = function() return 1 end } }
local core = require "perilune.core.load"
local figures = require "perilune.figures"
local load = require "perilune.load"
local pl = require "perilune"
local policy = require "perilune.policy"
local purity = require "perilune.purity"
local target = require "perilune.target"

describe("run:load", function()
  --- A run of these scenarios.
  local function run_of(scenarios)
    local run = support.run()
    run.watches, run.figures = {}, {}
    run.prepared.book = pl.playbook { name = "p", run = function() end, scenarios = scenarios }
    run.prepared.typed, run.prepared.policy, run.prepared.snapshot = {}, policy.of {}, purity.snapshot(run.prepared.book.scenarios)
    return run
  end

  --- A handle of workers that is done after `ticks` waits.
  local function handle_of(log, ticks, stats)
    local looks = 0
    return {
      wait = function() looks = looks + 1 return looks > (ticks or 0) end,
      stats = function() return setmetatable(stats or { iterations = 0, iterations_failed = 0, requests = 1, aborted = 0 }, { __index = function() return 0 end }) end,
      part = function() return { from_ms = 0, to_ms = 1000, drained_ms = 1000 } end,
      stop = function(_, drain) log[#log + 1] = drain and "stop" or "cut" end, level = function(_, i, v) log[#log + 1] = ("level %d %g"):format(i, v) return true end,
      pause = function(_, paused) log[#log + 1] = paused and "pause" or "resume" end,
    }
  end

  --- Sends with workers that are none; gives what came of it, what was started, what the handle was told.
  local function sent(run, names, options, ticks, stats)
    local started, log = nil, {}
    local function start(t) started = t return handle_of(log, ticks, stats) end
    local r = support.with(core, { start = start }, support.with, target, { find = function() return {} end, finish = function() end }, support.with, figures, { result = function(l) return { load = l } end },
      load.run, run, names, options)
    return r, started, log
  end
  local function refused(...) return (support.message(sent, ...)) end
  local SCENARIOS = { browse = { arrivals = pl.even "90/s", duration = "10s", base = "http://127.0.0.1", user = function() end, weight = 2 },
    buy = { users = 4, duration = "10s", base = "http://127.0.0.1", user = function() end } }

  it("takes no options among the names", function()
    assert.matches('load: users stands among the names; options are a table of their own: run:load({ "a", "b" }, { users = … })', (support.message(sent, run_of(SCENARIOS), { "browse", users = 5 })), 1, true)
  end)
  it("starts the plan of a scenario, overridden by its options", function()
    local _, started = sent(run_of(SCENARIOS), "browse", { duration = "3s", workers = 2, connections = 9 })
    assert.same({ 3, 2, 9, 1 }, { started.scenarios[1].duration, started.workers, started.max_connections, started.seed })
    assert.same({ "browse", 90 }, { started.scenarios[1].name, started.scenarios[1].stages[1][2] })
  end)
  it("divides one level among several by their weights", function()
    local _, started = sent(run_of(SCENARIOS), { "browse", "buy" }, { arrivals = pl.even "30/s" })
    assert.same({ 20, 10 }, { started.scenarios[1].stages[1][2], started.scenarios[2].stages[1][2] })
  end)
  it("gives a result that the run keeps, and says when it begins and ends", function()
    local run = run_of(SCENARIOS)
    local r = sent(run, "browse")
    assert.equal(r, run.loads[1])
    assert.same({ "load_begin", "load_end" }, { run.events[1].type, run.events[#run.events].type })
    assert.is_nil(next(run.live))
  end)
  it("stops when every iteration dies in the script before it sends", function()
    local _, _, log = sent(run_of(SCENARIOS), "browse", nil, 1, { iterations = 10, iterations_failed = 10, requests = 0, aborted = 0 })
    assert.same({ "stop" }, log)
    local _, _, going = sent(run_of(SCENARIOS), "browse", nil, 1, { iterations = 10, iterations_failed = 10, requests = 1, aborted = 0 })
    assert.same({}, going)
  end)
  it("changes levels of the model that is meant", function()
    local r, _, log = sent(run_of(SCENARIOS), { "browse", "buy" })
    local l = r.load
    l.result = nil
    l:rate "5/s"
    l:users(3)
    assert.equal(1, l:each("closed", function(now) return now * 2 end, "buy"))
    assert.equal(0, l:each("open", function(now) return now end, "buy"))
    l:pause()
    l:resume()
    assert.same({ "level 1 5", "level 2 3", "level 2 6", "pause", "resume" }, log)
  end)
  it("changes few users by one at least, where a share is less", function()
    local load = require "perilune.load"
    assert.same({ 6, 4, 5, 0, 110, 50 }, { load.whole_users(5.5, 5), load.whole_users(4.5, 5), load.whole_users(5, 5), load.whole_users(0.9, 1),
      load.whole_users(110.2, 100), load.whole_users(50, 3) })
  end)
  it("keeps what a person did to it, not what the playbook did", function()
    local l = sent(run_of(SCENARIOS), { "browse", "buy" }).load
    l.result = nil
    l:rate "5/s"
    l:pause()
    l:stop()
    assert.same({}, l.changed_by_hand)
    assert.is_true(l.varied)
    l:each("open", function() return 300 end, nil, true)
    l:hold(true, true)
    l:hold(false, true)
    l:halt(true)
    local told = {}
    for i, c in ipairs(l.changed_by_hand) do told[i] = c.change .. (c.of_s and (" of %g"):format(c.of_s) or "") end
    assert.same({ "browse: 300/s", "paused", "resumed", "stopped of 10" }, told)
  end)
  it("marks each change on the timeline, whoever asked for it", function()
    local l = sent(run_of(SCENARIOS), "browse").load
    marks = {}
    local function change()
      l:rate "5/s"
      l:pause()
      l:resume()
      l:stop()
    end
    change()
    assert.same({}, marks) -- it has ended: there is nothing to change
    l.result = nil
    change()
    assert.same({ "browse: 5/s", "pause", "resume", "stop" }, marks)
  end)
  it("refuses a word that no scenario of it understands", function()
    local l = sent(run_of(SCENARIOS), "browse").load
    l.result = nil
    assert.equal("load:users: no scenario of this load has a number of users that could change (users and a duration)", (support.message(l.users, l, 5)))
  end)
  it("names the near scenario and option", function()
    assert.equal('load: there is no scenario "brows"; did you mean "browse"? (there are: browse, buy)', refused(run_of(SCENARIOS), "brows"))
    assert.matches("the playbook has none", refused(run_of {}, "x"), 1, true)
    assert.matches('unknown option "duratio"; did you mean "duration"?', refused(run_of(SCENARIOS), "browse", { duratio = "1s" }), 1, true)
  end)
  it("refuses weights that add up to nothing", function()
    local none = { a = { users = 1, duration = "1s", base = "http://127.0.0.1", user = function() end, weight = 0 } }
    none.b = none.a
    assert.matches("add up to nothing", refused(run_of(none), { "a", "b" }, { users = 5 }), 1, true)
  end)
  it("refuses what the workers would not see", function()
    local peak = 1
    local run = run_of(function() return { a = { users = peak, duration = "1s", base = "http://127.0.0.1", user = function() end } } end)
    peak = 2
    assert.matches("peak was changed, and scenarios reads it", refused(run, "a"), 1, true)
  end)
  it("raises why it could not start", function()
    local function failing() return support.with(core, { start = function() return nil, { code = "limit", message = "too many" } end }, support.with, target, { find = function() return {} end }, load.run, run_of(SCENARIOS), "browse") end
    assert.equal("too many", (support.message(failing)))
  end)
  it("is a step of a search that no objective looks at", function()
    local run = run_of(SCENARIOS)
    local part
    support.with(core, { start = function() return handle_of({}) end }, support.with, target, { find = function() return {} end, finish = function() end }, support.with, figures, { result = function() return {} end },
      function() local _ _, part = load.step(run, "browse", { duration = "1s" }) end)
    assert.same({ {}, 1 }, { run.loads, run.steps })
    assert.equal(1000, part.to_ms)
  end)
  it("draws other arrivals in each step, and the same where it is told so", function()
    local run, seeds = run_of(SCENARIOS), {}
    support.with(core, { start = function(t) seeds[#seeds + 1] = t.seed return handle_of({}) end }, support.with, target, { find = function() return {} end, finish = function() end }, support.with, figures, { result = function() return {} end },
      function() for _, draw in ipairs { false, false, 7, 7 } do load.step(run, "browse", { duration = "1s" }, draw or nil) end end)
    assert.same({ 2, 3, 8, 8 }, seeds)
  end)
end)
