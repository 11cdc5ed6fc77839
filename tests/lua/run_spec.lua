local support = require "lua.support"
local calls, again = {}, 0
local function note(name) return function(...) calls[#calls + 1] = { name, ... } return #calls end end
support.without_run { writer = { record = note "record", sync = function() return true end, reader = function() return "reader" end,
  sample = function(...)
    if again > 0 then again = again - 1 return nil, { code = "again" } end
    calls[#calls + 1] = { "sample", ... }
    return true
  end } }
local Run = require "perilune.run"
local judge = require "perilune.judge"
local task = require "perilune.task"

describe("words on run", function()
  local run, face
  before_each(function()
    calls, again = {}, 0
    local prepared = { args = { peak = 5 }, book = { name = "shop", args = {} }, objectives = { "a < 1" }, options = {}, spec = { seed = 7, quiet = true, folder = "/p" } }
    run = Run.new(prepared, "01R")
    run.row, run.started_ns, run.machine, run.labels = 1, 0, { cpus = 2 }, { env = "x" }
    face = run:face()
  end)
  local function refused(word, ...) return (support.message(face[word], face, ...)) end

  it("stand beside fields, which are copies", function()
    assert.same({ 5, "01R", "shop", 7, 2, "x" }, { face.args.peak, face.id, face.name, face.seed, face.machine.cpus, face.labels.env })
    assert.is_false(pcall(function() face.args = {} end))
    assert.equal(5, run.args.peak)
    assert.matches('run has no word or field "laod"; did you mean "load"?', (support.message(function() return face.laod end)), 1, true)
  end)
  it("record a sample, and wait while there is no room", function()
    again = 3
    face:record("queue_length", 12, { queue = "mail" })
    assert.same({ { "sample", "queue_length", 12, { queue = "mail" } } }, calls)
  end)
  it("record nothing that is none", function()
    assert.matches('"a b" is no metric name', refused("record", "a b", 1), 1, true)
    assert.matches("nan is no value", refused("record", "a", 0 / 0), 1, true)
    assert.matches("infinity is no value", refused("record", "a", math.huge), 1, true)
    assert.matches("-infinity is no value", refused("record", "a", -math.huge), 1, true)
    assert.matches("labels are texts", refused("record", "a", 1, { n = 5 }), 1, true)
    assert.matches("value must be a number, not missing", refused("record", "a"), 1, true)
    assert.same({}, calls)
  end)
  it("mark events, without credentials", function()
    face:event("deploy", "to http://ada:pw@h/")
    assert.same({ "event_put", "deploy", "to http://h/" }, { calls[1][2], calls[1][3].kind, calls[1][3].text })
  end)
  it("nest phases, and end them when they fail", function()
    assert.equal(9, face:phase("outer", function() return face:phase("inner", function() return 9 end) end))
    local outer, inner = calls[1], calls[2]
    assert.is_nil(outer[3].parent)
    assert.equal(1, inner[3].parent)
    assert.same({ "inner", "outer" }, { run.phases[1].name, run.phases[2].name })
    assert.matches("boom", (support.message(face.phase, face, "bad", function() error({ code = "script", message = "boom" }, 0) end)))
    assert.equal("event_end", calls[#calls][2])
  end)
  it("go side by side within the phase that began them", function()
    face:phase("outer", function() face:together(function() face:phase("a", function() end) end, function() task.sleep(0.001) end) end)
    assert.equal(1, calls[2][3].parent)
  end)
  it("keep deferred functions in order", function()
    face:defer(print)
    face:defer(error)
    assert.same({ print, error }, run.deferred)
  end)
  it("sleep, but not for ever", function()
    local slept
    support.with(task, { sleep = function(s) slept = s end }, face.sleep, face, "250ms")
    assert.equal(0.25, slept)
    assert.matches("at most", refused("sleep", "2000d"), 1, true)
    assert.matches("run:sleep", refused("sleep", "soon"), 1, true)
  end)
  it("wait until something holds, or the time is over", function()
    local looks = 0
    local function holds_after(n) return { check = function() end, holds_now = function() looks = looks + 1 return looks > n end } end
    local waited = support.with(judge, holds_after(2), face.wait_until, face, "max(load1) < 8", { every = "1ms" })
    assert.equal(3, looks)
    assert.is_true(waited >= 0.002)
    local ok, err = support.with(judge, holds_after(1e9), face.wait_until, face, "max(load1) < 8", { every = "1ms", timeout = "5ms", try = true })
    assert.is_nil(ok)
    assert.equal("timeout", err.code)
    assert.matches('wait_until: "max(load1) < 8" did not hold within 5 ms', err.message, 1, true)
  end)
  it("write reports below the playbook's folder only", function()
    local path = support.file("x", "")
    run.prepared.spec.folder = path:match "^(.*)/"
    face:report { html = "r.html" }
    assert.equal(run.prepared.spec.folder .. "/r.html", run.reports.html)
    assert.matches("report: ../r.html lies outside", refused("report", { html = "../r.html" }), 1, true)
    assert.matches('unknown option "htlm"', refused("report", { htlm = "r.html" }), 1, true)
    support.clean()
  end)
  it("know the time", function()
    assert.is_true(face:now() > 1.7e9)
    assert.is_true(face:interval() > 1.7e9, "since the run began, here in 1970")
  end)
  it("that are promised say so", function()
    assert.matches("run:notify is not in this version", refused("notify", "x"), 1, true)
    assert.is_false(Run.implemented().notify)
    assert.is_true(Run.implemented().load)
  end)
  it("are called with a colon", function()
    assert.matches("call it with a colon", (support.message(face.now)), 1, true)
  end)
end)

describe("a run", function()
  local function new(fields)
    local run = Run.new({ args = {}, book = {}, objectives = {}, options = {}, spec = { quiet = true } }, "01R")
    for k, v in pairs(fields) do run[k] = v end
    return run
  end
  it("was limited when one of its loads was", function()
    assert.is_false(new({ loads = { { generator = { verdict = "valid" } } } }):limited())
    assert.is_true(new({ loads = { { generator = { verdict = "valid" } }, { generator = { verdict = "limited" } } } }):limited())
  end)
  it("rests on its loads when something looks at them", function()
    assert.is_falsy(new({}):judged_by_load())
    assert.is_truthy(new({ comparisons = { {} } }):judged_by_load())
    assert.is_truthy(new({ options = { hold_rate = true } }):judged_by_load())
    assert.is_truthy(new({ objectives = { { of_load = true } } }):judged_by_load())
    local load = { generator = { verdict = "limited" }, scenarios = { { plan = { model = "open" }, stats = { kept_up = 0.3 } } } }
    assert.is_truthy(new({ loads = { load } }):judged_by_load())
  end)
  it("keeps notes without credentials", function()
    local run = new {}
    run:note "see http://ada:pw@h/x"
    assert.same({ "see http://h/x" }, run.notes)
  end)
end)
