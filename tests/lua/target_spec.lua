require("lua.support").without_run()
local target = require "perilune.target"

describe("the process behind the target", function()
  local own = tonumber(io.open("/proc/self/stat"):read("n"))
  local nobody = 1 << 22 -- beyond the largest pid

  local function found(pids, seconds)
    return { process = { name = "shop", pid = pids[1], pids = pids }, before = { seconds = seconds, at = 0 } }
  end

  it("used what it has more now than before", function()
    local f = found({ own }, 0)
    target.finish(f)
    assert.is_true(f.process.cpu_cores > 0)
    assert.is_truthy(target.sentence(f, false, false):find("^shop %(pid %d+%) used "))
  end)
  it("is said to have ended, without a figure that would be too small", function()
    local f = found({ nobody }, 5)
    target.finish(f)
    assert.is_nil(f.process.cpu_cores)
    assert.equal(("shop (pid %d) ended during the load"):format(nobody), target.sentence(f, true, false))
  end)
  it("has no figure when one of several ended", function()
    local f = found({ own, nobody }, 0)
    target.finish(f)
    assert.is_nil(f.process.cpu_cores)
    assert.is_nil(target.sentence(f, false, false))
  end)
  it("is full at a whole number of cores", function()
    local f = found({ own }, 0)
    f.process.cpu_cores = 0.98
    assert.is_truthy(target.sentence(f, false, false):find("98 %% of one core; it is the limit$"))
    f.process.cpu_cores = 0.4
    assert.is_truthy(target.sentence(f, false, true):find("something it waits for is the limit$"))
    assert.is_truthy(target.sentence(f, true, true):find("the generator was the limit$"))
  end)
end)
