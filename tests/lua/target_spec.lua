local support = require "lua.support"
support.without_run()
local core = require "perilune.core.target"
local sample = require "perilune.sample"
local target = require "perilune.target"
local verdict = require "perilune.verdict"

describe("the process behind the target", function()
  local own = tonumber(io.open("/proc/self/stat"):read("n"))
  local nobody = 1 << 22 -- beyond the largest pid

  local function found(pids, seconds)
    return { process = { name = "shop", pid = pids[1], pids = pids }, before = { seconds = seconds, at = 0 } }
  end

  it("is sent load also where it cannot be sampled, which is said once", function()
    local run, url = support.run(), "http://127.0.0.1:1/"
    local listener = { listener = function() return { name = "shop", pid = own, pids = { own } } end }
    local function refuse() error({ code = "limit", message = "no room" }, 0) end
    for _ = 1, 2 do
      local found = support.with(core, listener, support.with, sample, { start = refuse }, target.find, run, { { url = url } })
      assert.is_true(found.colocated)
    end
    local process, cgroup = ("shop (pid %d) is not sampled: no room"):format(own), core.cgroup(own)
    assert.same(cgroup and { process, process } or { process }, run.notes)
  end)
  it("used what it has more now than before", function()
    local f = found({ own }, 0)
    target.finish(f)
    assert.is_true(f.process.cpu_cores > 0)
    assert.is_truthy(verdict.sentence(f, {}):find("^shop %(pid %d+%) used "))
  end)
  it("is said to have ended, without a figure that would be too small", function()
    local f = found({ nobody }, 5)
    target.finish(f)
    assert.is_nil(f.process.cpu_cores)
    assert.equal(("shop (pid %d) ended during the load"):format(nobody), verdict.sentence(f, { limited = true, short = true }))
  end)
  it("has no figure when one of several ended", function()
    local f = found({ own, nobody }, 0)
    target.finish(f)
    assert.is_nil(f.process.cpu_cores)
    assert.is_nil(verdict.sentence(f, {}))
  end)
end)
