local fixture = require "lua.report.fixture"
local machine_charts = require "perilune.report.machine_charts"

describe("the charts of the machine", function()
  local function draw(machine)
    local model = fixture.model()
    for name, values in pairs(machine) do model.machine[name] = values end
    return machine_charts.draw(model)
  end

  it("are none where nothing was sampled", function()
    assert.equal("", draw {})
  end)
  it("stack the CPU's modes that count as work, idle left out", function()
    local text = draw { cpu = { idle = { 0.5 }, user = { 0.3 }, steal = { 0.2 } } }
    assert.matches('key c1">user</span><span class="key c5">steal', text, 1, true)
    assert.is_nil(text:find(">idle<", 1, true))
  end)
  it("show six processes and disks, by name", function()
    local process = {}
    for i = 1, 9 do process["p" .. i] = { 1 } end
    local text = draw { process = process, disk = { sda = { 0.5 } } }
    assert.matches(">p6<", text, 1, true)
    assert.is_nil(text:find(">p7<", 1, true))
    assert.matches(">sda<", text, 1, true)
  end)
  it("show traffic in bytes", function()
    assert.matches(">2 KiB<", draw { received = { 2048 }, sent = { 1024 } }, 1, true)
  end)
end)
