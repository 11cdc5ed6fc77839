local fixture = require "lua.report.fixture"
local machine_section = require "perilune.report.machine_section"

describe("the machines in figures", function()
  local function figure(name, mean, unit) return { name = name, unit = unit or "ratio", min = 0, mean = mean, max = 2 * mean } end

  it("are nothing where nothing was sampled", function()
    assert.is_nil(machine_section.draw { machines = { more = 0 }, processes = { figures = {} } })
  end)
  it("are a row a figure for one machine, its processes behind it", function()
    local text = machine_section.draw { machines = { fixture.machine("vm", { figure("cpu", 0.25) }), more = 0 }, processes = { figures = { figure("nginx cpu cores", 1, "number") } } }
    assert.matches("<td>cpu</td><td>0 %</td><td>25 %</td><td>50 %</td></tr><tr><td>nginx cpu cores</td>", text, 1, true)
    assert.is_nil(text:find("<details", 1, true))
  end)
  it("are a row a machine for several, with the highest of what a column is of", function()
    local db = fixture.machine("db", { figure("cpu", 0.4), figure("disk busy a", 0.1), figure("disk busy b", 0.3), figure("network received", 1024, "bytes/s"), figure("network sent", 2048, "bytes/s") })
    db.busiest = "cpu"
    local text = machine_section.draw { machines = { db, fixture.machine("<web>", { figure("cpu", 0.1) }), more = 4 }, processes = { figures = {} } }
    assert.matches('<td>db</td><td class="left">cpu</td><td>40 %% <small>%(80 %%%)</small></td><td>30 %% <small>%(60 %%%)</small></td><td>2 KiB/s <small>', text)
    assert.matches("<summary>&lt;web&gt;</summary>", text, 1, true)
    assert.matches("4 more machines were not read", text, 1, true)
  end)
end)
