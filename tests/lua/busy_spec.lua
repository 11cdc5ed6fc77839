local busy = require "perilune.busy"
local file = require "perilune.core.file"
local support = require "lua.support"

describe("who uses the CPUs", function()
  local function stat(pid, name, user, system) return ("%d (%s) S 1 1 1 0 -1 4194304 1 2 3 4 %d %d 9 9 20 0"):format(pid, name, user, system) end
  local function counted(idle, used, ticks)
    local files = { ["/proc/stat"] = ("cpu  %d 0 0 %d 0 0 0 0 0 0\ncpu0 0\ncpu1 0\n"):format(used, idle), ["/proc/1/stat"] = stat(1, "init", 5, 5),
      ["/proc/1/task/1/children"] = "7 8 9 ", ["/proc/7/stat"] = stat(7, "a (b) c", ticks, 20), ["/proc/8/stat"] = stat(8, "own", ticks // 2, 1) }
    files["/proc/sys/kernel/pid_max"], files["/proc/30/stat"] = "32\n", stat(30, "late", ticks // 10, 0) -- whose parent does not name it
    return support.with(file, { read = function(path) return files[path] end, exists = function(path) return files[path] and "file" end }, busy.now)
  end

  it("is told by their share of the time between two readings", function()
    local b = busy.between(counted(100, 100, 0), counted(150, 250, 80), 8)
    assert.same({ 2, { { pid = 7, name = "a (b) c", cores = 0.8 }, { pid = 30, name = "late", cores = 0.08 } } }, { b.cpus, b.users })
    assert.is_true(math.abs(b.busy - (1.5 - 0.4)) < 1e-9) -- without what is left out
  end)
  it("is not known where there is no /proc", function()
    local none = support.with(file, { read = function() end, exists = function() end }, busy.now)
    assert.is_nil(busy.between(none, none))
    for _, text in ipairs { "", "1 (x", "1 (x) S 1" } do assert.is_nil(busy.parse(text)) end
    assert.is_nil(busy.parse(nil))
  end)
  it("has the newest pids where there may be many", function()
    local tried = {}
    local files = { ["/proc/sys/kernel/pid_max"] = "4194304\n", ["/proc/loadavg"] = "0.1 0.2 0.3 1/200 1000000\n", ["/proc/1000000/stat"] = stat(1000000, "new", 1, 1), ["/proc/1/stat"] = stat(1, "init", 1, 1) }
    local now = support.with(file, { read = function(path) return files[path] end, exists = function(path) tried[#tried + 1] = path return files[path] and "file" end }, busy.now)
    assert.same({ 65536, "/proc/934465/stat", "new", "init" }, { #tried, tried[1], now.processes[1000000].name, now.processes[1].name })
  end)
  it("finds the processes of this machine", function()
    local found = 0
    for _ in pairs(busy.now().processes) do found = found + 1 end
    assert.is_true(found > 0)
  end)
end)
