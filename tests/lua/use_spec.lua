local support = require "lua.support"
support.without_run { writer = { sync = function() return true end } }
local clock = require "perilune.core.clock"
local core = require "perilune.core.capacity"
local judge = require "perilune.judge"
local query = require "perilune.core.query"
local use = require "perilune.use"

local BEGIN, SECONDS = 1700000000, 60

describe("perilune.core.capacity.first_to_end", function()
  it("is the resource that ends at the least throughput", function()
    assert.equal(2, core.first_to_end { 300, 100, 200 })
    assert.equal(3, core.first_to_end { math.huge, math.huge, 5 })
    assert.equal(1, core.first_to_end { 7, 7 })
    assert.is_nil(core.first_to_end { math.huge })
    assert.is_nil(core.first_to_end {})
    assert.is_false(pcall(core.first_to_end, { "x" }))
  end)
  it("ranks what demand tells", function()
    local d = core.demand({ 10, 20, 30, 40 }, { 0.12, 0.22, 0.32, 0.42 })
    assert.near(0.01, d.demand, 1e-12)
    assert.near(0.02, d.idle, 1e-12)
    assert.near(98, d.x_max, 1e-9)
    assert.is_nil((core.demand({ 1, 2 }, { -1, 0 })))
  end)
end)

describe('run:capacity "use"', function()
  local function rate_at(second) return 20 + 5 * (second % 12) end -- of requests, 20 to 75 a second
  --- Totals, or values, of each second; of a counter fn(second) is what it grew by in the second before.
  local function counter(fn)
    local total, out = 0, { [0] = 0 }
    for i = 1, SECONDS do total = total + fn(i) out[i] = total end
    return out
  end
  local function gauge(fn)
    local out = {}
    for i = 0, SECONDS do out[i] = fn(i) end
    return out
  end
  local HOST = { source = "host", instance = "h1", role = "target" }
  local function with(labels)
    local out = {}
    for _, list in ipairs { HOST, labels or {} } do
      for k, v in pairs(list) do out[k] = v end
    end
    return out
  end
  --- A machine of 2 CPUs: a request takes 10 ms of one CPU, 12 ms of the disk; a tenth of the CPUs and a twentieth of the disk is used by others.
  local function machine(o)
    o = o or {}
    local function busy(i) return 2 * (0.1 + rate_at(i) * (o.cpu or 0.01) / 2) end
    return {
      { "load_requests_total", { outcome = "ok" }, counter(o.rate or rate_at) }, { "load_requests_total", { outcome = "aborted" }, counter(function() return 100 end) },
      { "node_cpu_seconds_total", with { cpu = "0", mode = "user" }, counter(function(i) return busy(i) / 2 - (o.missed or 0) * (i % 3) end) }, { "node_cpu_seconds_total", with { cpu = "0", mode = "idle" }, counter(function(i) return 1 - busy(i) / 2 end) },
      { "node_cpu_seconds_total", with { cpu = "1", mode = "system" }, counter(function(i) return busy(i) / 2 end) }, { "node_cpu_seconds_total", with { cpu = "1", mode = "iowait" }, counter(function(i) return 1 - busy(i) / 2 end) },
      { "node_procs_running", with(), gauge(function() return 4 end) }, { "node_pressure_cpu_waiting_seconds_total", with(), counter(function() return 0.02 end) },
      { "node_memory_MemTotal_bytes", with(), gauge(function() return 1000 end) }, { "node_memory_MemAvailable_bytes", with(), gauge(function() return 250 end) },
      { "node_vmstat_oom_kill", with(), counter(function(i) return i == 30 and 2 or 0 end) },
      { "node_disk_io_time_seconds_total", with { device = "sda" }, counter(function(i) return 0.05 + rate_at(i) * (o.disk or 0.012) end) },
      { "node_disk_io_time_weighted_seconds_total", with { device = "sda" }, counter(function() return 3 end) },
      { "node_disk_io_time_seconds_total", with { device = "loop3" }, counter(function() return 1 end) },
      { "node_network_receive_bytes_total", with { device = "eth0" }, counter(function(i) return rate_at(i) * 1000 end) }, { "node_network_transmit_bytes_total", with { device = "eth0" }, counter(function(i) return rate_at(i) * 5000 end) },
      { "node_network_receive_bytes_total", with { device = "eth1" }, counter(function(i) return rate_at(i) * 10 end) },
      { "node_network_receive_bytes_total", with { device = "lo" }, counter(function(i) return rate_at(i) * 10 end) },
      { "node_network_speed_bytes", with { device = "eth0" }, gauge(function() return 1e7 end) }, { "node_network_receive_drop_total", with { device = "eth0" }, counter(function() return 1 end) },
      { "node_network_receive_errs_total", with { device = "eth0" }, counter(function(i) return i == 10 and 3 or 0 end) },
    }
  end
  local function ask(series, o)
    local reader = support.reader(series)
    function reader.samples(_, id)
      local times, values = {}, {}
      for second = 0, SECONDS do
        if series[id][3][second] then times[#times + 1], values[#values + 1] = (BEGIN + second) * 1000, series[id][3][second] end
      end
      return times, values
    end
    local run = support.run { started_ns = BEGIN * 1000000000 }
    function run:reader() return reader end
    return support.with(clock, { wall = function() return (BEGIN + SECONDS) * 1000000000 end }, support.with, judge, { check_stored = function(_, expr) return assert(query.expression(expr)) end }, use.run, run, o or {})
  end
  local function find(r, resource, device)
    for _, one in ipairs(r.resources) do
      if one.resource == resource and one.device == device then return one end
    end
  end

  it("finds what ends first, at what load, with what a request costs", function()
    local r = ask(machine())
    assert.is_true(r.known)
    assert.same({ "disk", "sda", "h1" }, { r.bottleneck.resource, r.bottleneck.device, r.bottleneck.machine })
    assert.near(0.95 / 0.012, r.load, 1e-3)
    assert.near(0.012, r.bottleneck.demand, 1e-6)
    assert.near(0.05, r.bottleneck.idle, 1e-5)
    local cpu = find(r, "cpu")
    assert.near(0.01, cpu.demand, 1e-6, "of one CPU")
    assert.near(0.9 / 0.005, cpu.limit, 1e-2)
    assert.matches("The disk sda of h1 ends first, at 79", r:explain(), 1, true)
    assert.equal(0, #r.warnings)
  end)
  it("trusts a CPU's idle time where ticks missed work, and only where the step was sampled", function()
    local exact, missed, gap = find(ask(machine()), "cpu"), find(ask(machine { missed = 0.05 }), "cpu"), find(ask(machine { missed = 0.6 }), "cpu")
    for _, name in ipairs { "demand", "idle", "limit" } do assert.near(exact[name], missed[name], 1e-9, name) end
    assert.near(exact.utilisation.mean, missed.utilisation.mean, 1e-9)
    assert.is_true(math.abs(gap.utilisation.mean - exact.utilisation.mean) > 0.01)
  end)
  it("goes over to another resource when that one is made faster", function()
    local r = ask(machine { disk = 0.001 })
    assert.equal("cpu", r.bottleneck.resource)
    assert.matches("extrapolated", r.warnings[1], 1, true)
  end)
  it("has utilisation, saturation and errors of each", function()
    local r = ask(machine())
    local cpu, memory, disk, eth0, eth1 = find(r, "cpu"), find(r, "memory"), find(r, "disk", "sda"), find(r, "network", "eth0"), find(r, "network", "eth1")
    assert.same({ "waited for it", "runnable threads for each CPU" }, { cpu.saturation[1].name, cpu.saturation[2].name })
    assert.near(0.02, cpu.saturation[1].mean, 1e-6)
    assert.near(2, cpu.saturation[2].max, 1e-9)
    assert.near(0.1 + 75 * 0.005, cpu.utilisation.max, 1e-6)
    assert.near(0.75, memory.utilisation.mean, 1e-9)
    assert.equal(2, memory.errors)
    assert.is_nil(memory.limit)
    assert.matches("no law", memory.why, 1, true)
    assert.near(3, disk.saturation[1].mean, 1e-6)
    assert.near(5000 / 1e7, eth0.demand, 1e-9)
    assert.equal(3, eth0.errors)
    assert.near(1, eth0.saturation[1].mean, 1e-6)
    assert.is_nil(eth1.utilisation)
    assert.matches("speed is not known", eth1.why, 1, true)
    assert.is_nil(find(r, "disk", "loop3") or find(r, "network", "lo"))
    local text = r:explain()
    for _, part in ipairs { "cpu of h1: ", "memory of h1: 75 % used on average", "2 errors", "requests in its queue: 3, at most 3", "packets dropped a second: 1", "no limit is told: its speed is not known" } do assert.matches(part, text, 1, true) end
  end)
  it("tells how long it was used up, and takes a ceiling", function()
    local full = ask(machine { disk = 0.05 })
    assert.same({ "disk", 1, true }, { full.bottleneck.resource, full.bottleneck.used_up, full.bottleneck.observed })
    assert.near(full.throughput.mean, full.load, 1e-9, "it ended where it was")
    assert.near(1 / full.load, full.bottleneck.demand, 1e-9)
    assert.matches("It was used up in", full:explain(), 1, true)
    assert.near((0.8 - 0.05) / 0.012, ask(machine(), { ceiling = 0.8 }).load, 1e-3)
  end)
  it("warns of a load that did not vary, and of the machine that sends it", function()
    local r = ask(machine { rate = function() return 50 end })
    assert.is_true(r.known)
    assert.matches("the load hardly varied", table.concat(r.warnings, "\n"), 1, true)
    local series = machine()
    for _, s in ipairs(series) do
      if s[2].role then s[2].role = "generator" end
    end
    assert.matches("the generator's, not the target's", table.concat(ask(series).warnings, "\n"), 1, true)
  end)
  it("doubts a resource that is used up whatever the load", function()
    local ramp = ask(machine { disk = 0.05 })
    assert.same({ 20, 75 }, ramp.bottleneck.apart)
    assert.matches("used up at 20/s as at 75/s: something else", table.concat(ramp.warnings, "\n"), 1, true)
    local r = ask(machine { rate = function(i) return i % 10 == 0 and 900 or 30 end, disk = 0.05 })
    assert.is_false(r.known)
    assert.matches("the disk sda of h1: it was used up at 30/s as at 900/s", r.why, 1, true)
    assert.is_nil(find(r, "disk", "sda").limit)
    assert.matches("no limit is told: it was used up at 30/s", r:explain(), 1, true)
    assert.is_nil(ask(machine { rate = function(i) return 50 + i % 2 end, disk = 0.05 }).bottleneck.apart)
  end)
  it("tells machines apart", function()
    local series = machine()
    for _, s in ipairs(machine { cpu = 0.0001, disk = 0.0001 }) do
      if s[2].instance then
        s[2].instance = "h2"
        series[#series + 1] = s
      end
    end
    local r = ask(series)
    assert.equal("h1", r.bottleneck.machine)
    assert.near(0.0001, r.resources[#r.resources - 3].demand or r.resources[#r.resources - 4].demand, 1e-6)
  end)
  it("says that utilisation is the whole machine's, and what of it processes used that were sampled", function()
    assert.matches("what the whole machine used, by all that runs on it", ask(machine()):explain(), 1, true)
    assert.same({}, ask(machine()).bottleneck.consumers)
    local series = machine { disk = 0.001 }
    for name, role in pairs { shop = "target", perilune = "generator" } do
      local cost = name == "shop" and 0.003 or 0.001
      series[#series + 1] = { "process_cpu_seconds_total", { source = "process", instance = "h1", process = name, role = role }, counter(function(i) return rate_at(i) * cost end) }
      series[#series + 1] = { "process_resident_memory_bytes", { source = "process", instance = "h1", process = name, role = role }, gauge(function() return name == "shop" and 200 or 50 end) }
    end
    series[#series + 1] = { "process_cpu_seconds_total", { source = "process", instance = "h2", process = "other" }, counter(function() return 1 end) }
    local r = ask(series)
    local cpu = find(r, "cpu")
    assert.same({ "shop", "perilune" }, { cpu.consumers[1].name, cpu.consumers[2].name })
    assert.is_nil(cpu.consumers[3])
    assert.near(0.003, cpu.consumers[1].demand, 1e-9)
    assert.near(75 * 0.003 / 2, cpu.consumers[1].max, 1e-9)
    assert.near(0.2, find(r, "memory").consumers[1].mean, 1e-9)
    local text = r:explain()
    for _, part in ipairs { "; by shop ", "(3 ms a request), by perilune ", "(it sends the load)", "by shop 20 %, by perilune 5 %" } do assert.matches(part, text, 1, true) end
    assert.matches("shop used 21.", table.concat(r.warnings, "\n"), 1, true)
    assert.matches("of the cpu of h1 that was used: the limit is of the machine with all that runs on it, not of shop alone", text, 1, true)
  end)
  it("takes another counter as the throughput", function()
    local series = machine()
    series[#series + 1] = { "jobs_total", { queue = "mail" }, counter(function(i) return 2 * rate_at(i) end) }
    assert.near(2 * 0.95 / 0.012, ask(series, { throughput = "jobs_total{queue='mail'}" }).load, 1e-3)
  end)
  it("is not known without machines, load or a rise, and says why", function()
    assert.matches('run:sample "host"', ask({}).why, 1, true)
    local idle = machine()
    table.remove(idle, 1)
    table.remove(idle, 1)
    local r = ask(idle)
    assert.is_false(r.known)
    assert.matches("there is no throughput", r.why, 1, true)
    assert.matches("memory of h1: 75 %", r:explain(), 1, true)
    local flat = { machine()[1], { "node_cpu_seconds_total", with { cpu = "0", mode = "user" }, counter(function(i) return i % 7 / 10 end) }, { "node_cpu_seconds_total", with { cpu = "0", mode = "idle" }, counter(function(i) return 1 - i % 7 / 10 end) } }
    assert.matches("no resource is seen to rise", ask(flat).why, 1, true)
    assert.matches("not seen to rise with the load", ask(flat).resources[1].why, 1, true)
  end)
  it("refuses options that make no sense", function()
    assert.matches("ceiling is a share", (support.message(ask, {}, { ceiling = 2 })), 1, true)
    assert.matches("step is more than 0", (support.message(ask, {}, { step = 0 })), 1, true)
  end)
end)
