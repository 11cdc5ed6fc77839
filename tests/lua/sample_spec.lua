local support = require "lua.support"
support.without_run()
local core = require "perilune.core.sampler"
local place = require "perilune.place"
local sample = require "perilune.sample"

describe("run:sample", function()
  local started, stopped
  before_each(function() started, stopped = {}, {} end)

  local function start(source, options)
    local run = support.run()
    local handle = support.with(core, { start = function(t) started[#started + 1] = t return #started end }, support.with, place, { role = function() return "both" end }, sample.start, run, source, options)
    return handle, run
  end
  local function refused(...) return (support.message(start, ...)) end

  it("starts what is asked for, each second by default", function()
    local handle, run = start("process", { name = "nginx", labels = { tier = "web" } })
    assert.same({ kind = "process", every = 1, role = "generator", name = "nginx", labels = { tier = "web" } }, started[1])
    assert.equal(handle, run.samplers[1])
    assert.matches("sample: labels are ", refused("process", { name = "nginx", labels = { tier = 5 } }), 1, true)
  end)
  it("gives the host the role of this machine, unless another is given", function()
    start "host"
    start("host", { role = "target" })
    assert.same({ "both", "target" }, { started[1].role, started[2].role })
  end)
  it("takes one pid or many", function()
    start("process", { pid = 7 })
    start("process", { pids = { 7, 8 } })
    assert.same({ { 7 }, { 7, 8 } }, { started[1].pids, started[2].pids })
  end)
  it("takes a pattern, and children", function()
    start("process", { match = "*shop.jar*", children = true })
    start("process", { name = "nginx" })
    assert.same({ "*shop.jar*", true, true }, { started[1].name, started[1].pattern, started[1].children })
    assert.is_nil(started[2].pattern)
  end)
  it("takes a path", function()
    start("textfile", { path = "/var/lib/jobs" })
    assert.equal("/var/lib/jobs", started[1].name)
  end)
  it("asks for sets of figures", function()
    start("host", { sets = { "netstat", "vmstat" } })
    assert.equal("netstat vmstat", started[1].sets)
    assert.matches('unknown set "netsat"; did you mean "netstat"?', refused("host", { sets = { "netsat" } }), 1, true)
    assert.matches('"self" has no sets', refused("self", { sets = { "all" } }), 1, true)
  end)
  it("ends one sampler, not the others", function()
    local handle = start "host"
    support.with(core, { stop = function(n) stopped[#stopped + 1] = n end }, handle.stop, handle)
    assert.same({ 1 }, stopped)
  end)
  it("ends all samplers of a run at its end", function()
    local _, run = start "host"
    support.with(core, { start = function() return 2 end, stop = function(n) stopped[#stopped + 1] = n end }, function()
      sample.start(run, "self")
      sample.finish(run)
    end)
    assert.same({ 1, 2 }, stopped)
  end)
  it("refuses what it cannot sample", function()
    assert.matches('unknown source "hots"; did you mean "host"?', refused "hots", 1, true)
    assert.matches("every is at least 100ms", refused("host", { every = "50ms" }), 1, true)
    assert.matches("needs a name, a match or a pid", refused "process", 1, true)
    assert.matches('"textfile" needs a path', refused "textfile", 1, true)
    assert.matches('unknown option "evry"; did you mean "every"?', refused("host", { evry = 1 }), 1, true)
    assert.same({}, started)
  end)
  it("raises why a sampler does not start", function()
    local function failing() return support.with(core, { start = function() return nil, { code = "not_found", message = "no process nginx" } end }, sample.start, support.run(), "process", { name = "nginx" }) end
    assert.equal("no process nginx", (support.message(failing)))
  end)
end)
