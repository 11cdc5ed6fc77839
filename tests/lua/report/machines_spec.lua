local machines = require "perilune.report.machines"
local timelines = require "perilune.report.timeline"

describe("the machines of a run", function()
  --- A timeline of ten seconds with series { name, labels, times in ms, values }.
  local function timeline_of(list)
    local reader = {}
    function reader:series(name, _, labels)
      local found = {}
      for i, s in ipairs(list) do
        local same = s[1] == name
        for label, value in pairs(labels or {}) do same = same and (s[2][label] or "") == value end
        if same then found[#found + 1] = { id = i, labels = s[2] } end
      end
      return found
    end
    function reader:samples(id) return list[id][3], list[id][4] end
    return timelines.open(reader, { id = 1, started_ns = 0, ended_ns = 10000000000 })
  end
  --- CPU series of a machine that is busy for this share.
  local function cpu(list, place, share)
    for mode, part in pairs { idle = 1 - share, user = share } do
      local labels = { mode = mode }
      for k, v in pairs(place) do labels[k] = v end
      list[#list + 1] = { "node_cpu_seconds_total", labels, { 0, 1000, 2000 }, { 0, part, 2 * part } }
    end
  end

  it("are told apart by instance, job and source, the busiest first", function()
    local list = {}
    cpu(list, { instance = "vm", source = "host", role = "both" }, 0.2)
    cpu(list, { instance = "db:9100", source = "scrape", role = "target", job = "node" }, 0.8)
    local found = machines.read(timeline_of(list))
    assert.same({ "db:9100 (node)", "vm", 0 }, { found[1].name, found[2].name, found.more })
    assert.same({ "cpu", 0.8 }, { found[1].busiest, found[1].share })
    assert.is_true(math.abs(found[2].cpu.user[2] - 0.2) < 1e-9)
    assert.equal("cpu", found[2].figures[1].name)
  end)
  it("have their source in their names where that alone tells them apart", function()
    local list = {}
    cpu(list, { instance = "vm", source = "host", role = "both" }, 0.5)
    cpu(list, { instance = "vm", source = "remote_write", role = "target" }, 0.5)
    local found = machines.read(timeline_of(list))
    assert.same({ "vm, host both", "vm, remote_write target" }, { found[1].name, found[2].name })
  end)
  it("never waited or were busy for more than all of the time", function()
    local place = { instance = "a", source = "host", role = "both", device = "sda" }
    local m = machines.read(timeline_of { { "node_pressure_cpu_waiting_seconds_total", place, { 0, 1000 }, { 0, 1.04 } }, { "node_disk_io_time_seconds_total", place, { 0, 1000 }, { 0, 1.01 } } })[1]
    assert.same({ 1, 1, 1 }, { m.pressure.cpu[2], m.disk.sda[2], m.share })
  end)
  it("are bounded, and those that are not read counted", function()
    local list = {}
    for i = 1, machines.MOST + 2 do list[i] = { "node_load1", { instance = ("m%03d"):format(i) }, { 0 }, { 1 } } end
    local found = machines.read(timeline_of(list))
    assert.same({ machines.MOST, 2 }, { #found, found.more })
  end)
  it("have control groups beside them, by what they are called", function()
    local g = machines.groups(timeline_of {
      { "container_cpu_usage_seconds_total", { source = "containers", name = "web", pod = "shop", id = "/a" }, { 0, 1000 }, { 0, 2 } },
      { "container_cpu_usage_seconds_total", { source = "units", name = "", id = "/system.slice/cron" }, { 0, 1000 }, { 0, 1 } },
      { "container_cpu_usage_seconds_total", { source = "scrape", name = "other's" }, { 0, 1000 }, { 0, 9 } },
      { "container_memory_usage_bytes", { source = "cgroup", role = "target" }, { 0 }, { 5 } },
      { "container_memory_usage_bytes", { source = "cgroup", role = "target", tier = "db" }, { 0 }, { 6 } } })
    assert.same({ ["shop/web"] = { [2] = 2 }, ["/system.slice/cron"] = { [2] = 1 } }, g.cpu)
    assert.same({ { ["control group"] = { 5 }, db = { 6 } }, {} }, { g.memory, g.throttled })
  end)
  it("have processes that are named beside them", function()
    local p = machines.processes(timeline_of { { "process_cpu_seconds_total", { process = "nginx" }, { 0, 1000 }, { 0, 2 } }, { "process_cpu_seconds_total", { job = "x" }, { 0, 1000 }, { 0, 2 } },
      { "process_resident_memory_bytes", { role = "target", source = "process" }, { 0 }, { 5 } }, { "process_resident_memory_bytes", { role = "target", source = "scrape" }, { 0 }, { 7 } } })
    assert.same({ nginx = { [2] = 2 } }, p.cpu)
    assert.same({ 5 }, p.resident)
    assert.equal("nginx cpu cores", p.figures[1].name)
  end)
end)
