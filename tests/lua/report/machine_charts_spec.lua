local fixture = require "lua.report.fixture"
local machine_charts = require "perilune.report.machine_charts"

describe("the charts of the machine", function()
  local function draw(machine, processes)
    local model = fixture.model()
    for name, values in pairs(machine) do model.machines[1][name] = values end
    for name, values in pairs(processes or {}) do model.processes[name] = values end
    return machine_charts.draw(model)
  end

  it("are none where nothing was sampled", function()
    assert.equal("", draw {})
    local model = fixture.model()
    model.machines = { more = 0 }
    assert.equal("", machine_charts.draw(model))
  end)
  it("stack the CPU's modes that count as work, idle left out", function()
    local text = draw { cpu = { idle = { 0.5 }, user = { 0.3 }, steal = { 0.2 } } }
    assert.matches('key c1">user</span><span class="key c5">steal', text, 1, true)
    assert.is_nil(text:find(">idle<", 1, true))
  end)
  it("show six processes and disks, by name", function()
    local process = {}
    for i = 1, 9 do process["p" .. i] = { 1 } end
    local text = draw({ disk = { sda = { 0.5 } } }, { cpu = process })
    assert.matches(">p6<", text, 1, true)
    assert.is_nil(text:find(">p7<", 1, true))
    assert.matches(">sda<", text, 1, true)
  end)
  it("show the six control groups that used most", function()
    local model, cpu = fixture.model(), {}
    for i = 1, 9 do cpu["g" .. i] = { i } end
    model.groups = { cpu = cpu, memory = { web = { 2048 } }, throttled = {} }
    local text = machine_charts.draw(model)
    assert.matches('CPU of control groups.->g9<.->g4<', text)
    assert.is_nil(text:find(">g3<", 1, true))
    assert.matches("Memory of control groups: web 2 KiB", text, 1, true)
    assert.is_nil(text:find("held back", 1, true))
  end)
  it("show traffic in bytes", function()
    assert.matches(">2 KiB<", draw { received = { 2048 }, sent = { 1024 } }, 1, true)
  end)
end)

describe("the charts of several machines", function()
  local function draw(n, more)
    local model = fixture.model()
    model.machines = { more = more or 0 }
    for i = 1, n do
      local m = fixture.machine("host-" .. i)
      m.cpu, m.disk, m.disk_read, m.disk_written = { user = { 0.25 }, system = { 0.25 }, idle = { 0.5 } }, { sda = { 0.1 }, sdb = { 0.4 } }, { 1024 }, { 1024 }
      model.machines[i] = m
    end
    return machine_charts.draw(model)
  end

  it("have a line for each, in the order in which they come", function()
    local text = draw(2)
    assert.matches('<span class="key c1">host%-1</span><span class="key c2">host%-2</span>', text)
    assert.is_nil(text:find("busiest of", 1, true))
  end)
  it("show work without idling, the busiest disk and both directions", function()
    local text = draw(2)
    assert.matches("CPU in use: host%-1 50 %%", text)
    assert.matches("Disk busy: host%-1 40 %%", text)
    assert.matches("Disk traffic: host%-1 2 KiB", text)
  end)
  it("show six of many, and say so", function()
    local text = draw(9, 3)
    assert.matches("The 6 busiest of 12 machines", text, 1, true)
    assert.is_nil(text:find("host-7", 1, true))
  end)
end)
