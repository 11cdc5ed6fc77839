local machine = require "perilune.report.machine"

describe("the machine in figures", function()
  --- A reader of series { name, labels, times in ms, values }.
  local function reader_of(list)
    local reader = {}
    function reader:series(name)
      local found = {}
      for i, s in ipairs(list) do
        if s[1] == name then found[#found + 1] = { id = i, labels = s[2] } end
      end
      return found
    end
    function reader:samples(id) return list[id][3], list[id][4] end
    return reader
  end
  local function figures(list)
    local by_name = {}
    for _, f in ipairs(machine.figures(reader_of(list), 1)) do by_name[f.name] = f end
    for _, f in ipairs(machine.process_figures(reader_of(list), 1)) do by_name[f.name] = f end
    return by_name
  end

  it("shares the CPU among what is idle and what is not", function()
    local f = figures { { "node_cpu_seconds_total", { mode = "idle" }, { 0, 1000, 2000 }, { 0, 0.5, 1.5 } }, { "node_cpu_seconds_total", { mode = "user" }, { 0, 1000, 2000 }, { 0, 0.5, 0.5 } } }
    assert.same({ name = "cpu", unit = "ratio", min = 0, mean = 0.25, max = 0.5, samples = 2 }, f.cpu)
  end)
  it("adds up counters by the second, whatever the distance of samples", function()
    local f = figures { { "node_disk_read_bytes_total", { device = "a" }, { 0, 500, 2500 }, { 0, 50, 450 } }, { "node_disk_read_bytes_total", { device = "b" }, { 0, 500 }, { 0, 100 } } }
    assert.same({ 200, 300 }, { f["disk read"].min, f["disk read"].max })
    local swap = figures { { "node_disk_read_bytes_total", { device = "zram0" }, { 0, 500 }, { 0, 100 } }, { "node_disk_io_time_seconds_total", { device = "zram0" }, { 0, 500 }, { 0, 1 } } }
    assert.is_nil(swap["disk read"])
    assert.is_nil(swap["disk busy zram0"])
  end)
  it("takes a counter that began anew for no growth", function()
    assert.is_nil(figures({ { "node_disk_read_bytes_total", {}, { 0, 1000 }, { 50, 5 } } })["disk read"])
  end)
  it("has memory in use, disks and processes by name", function()
    local f = figures { { "node_memory_MemTotal_bytes", {}, { 0 }, { 100 } }, { "node_memory_MemAvailable_bytes", {}, { 0 }, { 25 } },
      { "node_disk_io_time_seconds_total", { device = "sda" }, { 0, 1000 }, { 0, 0.5 } }, { "process_cpu_seconds_total", { process = "nginx" }, { 0, 1000 }, { 0, 2 } } }
    assert.same({ 0.75, 0.5, 2 }, { f.memory.mean, f["disk busy sda"].mean, f["nginx cpu cores"].mean })
  end)
  it("leaves out what was not sampled, or too little", function()
    assert.same({}, figures {})
    assert.same({}, figures { { "node_cpu_seconds_total", { mode = "idle" }, { 0 }, { 1 } } })
  end)
  it("says no more than all of the time", function()
    assert.equal(1, figures({ { "node_pressure_cpu_waiting_seconds_total", {}, { 0, 1000 }, { 0, 1.04 } } })["pressure cpu"].max)
  end)
  it("is shown in its units", function()
    assert.same({ "2 KiB/s", "50 %", "2" }, { machine.shown("bytes/s", 2048), machine.shown("ratio", 0.5), machine.shown("number", 2) })
  end)
end)
