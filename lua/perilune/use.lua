--- Which resource of the machines of a run ends first: utilisation, saturation and errors of each (Gregg, The USE Method, 2013), and what a request costs
--- of it, from utilisation and throughput measured together (utilisation law). Utilisation is the whole machine's, by all that runs on it; the share of
--- processes and containers that were sampled stands beside it (consumers.lua).
local clock = require "perilune.core.clock"
local consumers = require "perilune.consumers"
local core = require "perilune.core.capacity"
local database = require "perilune.database"
local grid = require "perilune.grid"
local percent = require "perilune.lines".share
local units = require "perilune.core.units"
local writer = require "perilune.core.writer"

local M = {}

local PLACE = { "source", "instance", "role", "job" } -- labels that tell machines apart
local REACHED = 0.95 -- of the ceiling: the resource counts as used up in that step
local MOSTLY = 0.5 -- of the load's steps: a resource that is used up for so long is at its end, whatever a line through its values says
local FEW = 3 -- steps that a fit needs for its interval
local SMALL = 0.5 -- of what is used: a process of less than that is not what the limit is of
local SAMPLED = 0.9 -- of a step's CPU time is counted: samples cover all of it
local APART = 2 -- throughputs at which a resource was used up: by requests alone they would be one
local MACHINES_MOST = 50

local function invalid(message, ...) error({ code = "invalid", message = "capacity: " .. message:format(...) }, 0) end

--- ---- What there is ---------------------------------------------------------------------------------------------

local View = {}
View.__index = View

local function key_of(labels)
  local parts = {}
  for i, name in ipairs(PLACE) do parts[i] = labels[name] or "" end
  return table.concat(parts, "\0")
end

--- The series of a metric by machine.
function View:by_machine(name)
  if not self.known[name] then
    local of = {}
    for _, s in ipairs(grid.series(self.reader, { metric = name, matchers = {} }, self.row)) do
      local key = key_of(s.labels)
      of[key] = of[key] or {}
      table.insert(of[key], s)
    end
    self.known[name] = of
  end
  return self.known[name]
end

--- Series of a machine's metric that a test holds for.
local function chosen(view, key, name, wanted)
  local out = {}
  for _, s in ipairs(view:by_machine(name)[key] or {}) do
    if not wanted or wanted(s.labels) then out[#out + 1] = s end
  end
  return out
end

--- Growth per second of a machine's counters, added up; nil where there is none.
local function rate(view, key, name, wanted)
  local list, out = chosen(view, key, name, wanted), {}
  for _, s in ipairs(list) do view.grid:growth(view.reader, s, view.row, out) end
  for i, v in pairs(out) do out[i] = v / (view.grid.step / 1000) end
  return #list > 0 and out or nil
end

local function gauge(view, key, name, wanted)
  local list, out = chosen(view, key, name, wanted), {}
  for _, s in ipairs(list) do view.grid:gauge(view.reader, s, view.row, out) end
  return #list > 0 and out or nil
end

local function sum_of(a, b)
  if not (a and b) then return a or b end
  for i, v in pairs(b) do a[i] = (a[i] or 0) + v end
  return a
end

local function share_of(part, whole)
  local out = {}
  for i, v in pairs(whole or {}) do
    if v > 0 then out[i] = math.max(0, math.min(1, (part and part[i] or 0) / v)) end
  end
  return out
end

local function at_most_one(list)
  for i, v in pairs(list or {}) do list[i] = math.min(1, v) end
  return list
end

local function waiting(view, key, what) return at_most_one(rate(view, key, ("node_pressure_%s_waiting_seconds_total"):format(what))) end

--- ---- Resources: { resource, device, whole(step): of which consumers have shares, used = { [step] = share }, law, scale, saturation = { { name, unit, values } }, errors } ----------------------

local function is_idle(labels) return labels.mode == "idle" or labels.mode == "iowait" end
local function is_busy(labels) return not is_idle(labels) end

--- Share of the CPUs that was used. Most kernels measure how long a CPU was idle, but what it did otherwise they only guess from what their ticks, 100 to
--- 1,000 a second, happen to meet: so what was not idle is told, where the whole step was sampled.
local function cpu_used(view, key, cpus)
  local all = rate(view, key, "node_cpu_seconds_total")
  local used, idle = share_of(rate(view, key, "node_cpu_seconds_total", is_busy), all), rate(view, key, "node_cpu_seconds_total", is_idle)
  for i, v in pairs(idle or {}) do
    if all[i] >= SAMPLED * cpus then used[i] = math.max(0, 1 - v / cpus) end
  end
  return used
end

local function cpu(view, key)
  local cpus, seen = 0, {}
  for _, s in ipairs(chosen(view, key, "node_cpu_seconds_total")) do
    if s.labels.cpu and not seen[s.labels.cpu] then seen[s.labels.cpu], cpus = true, cpus + 1 end
  end
  if cpus == 0 then return {} end
  local queue = gauge(view, key, "node_procs_running")
  for i, v in pairs(queue or {}) do queue[i] = v / cpus end
  return { { resource = "cpu", law = true, scale = cpus, whole = function() return cpus end, used = cpu_used(view, key, cpus),
    saturation = { { "waited for it", "ratio", waiting(view, key, "cpu") }, { "runnable threads for each CPU", "number", queue } } } }
end

local function memory(view, key)
  local whole, free = gauge(view, key, "node_memory_MemTotal_bytes"), gauge(view, key, "node_memory_MemAvailable_bytes")
  if not (whole and free) then return {} end
  local used = {}
  for i, v in pairs(whole) do
    if v > 0 and free[i] then used[i] = 1 - math.min(1, free[i] / v) end
  end
  local swapped = sum_of(rate(view, key, "node_vmstat_pswpin"), rate(view, key, "node_vmstat_pswpout"))
  return { { resource = "memory", used = used, whole = function(i) return whole[i] end, errors = rate(view, key, "node_vmstat_oom_kill"),
    saturation = { { "waited for it", "ratio", waiting(view, key, "memory") }, { "pages swapped a second", "number", swapped } } } }
end

--- The devices of a metric, by name; without those that are none: loops, memory, the machine itself.
local function devices(view, key, name)
  local list, seen = {}, {}
  for _, s in ipairs(chosen(view, key, name)) do
    local d = s.labels.device or ""
    if not seen[d] and d ~= "" and d ~= "lo" and not d:find "^zram" and not d:find "^loop" and not d:find "^ram%d" then seen[d], list[#list + 1] = true, d end
  end
  table.sort(list)
  return list
end

local function any_above_0(list)
  for _, v in pairs(list or {}) do
    if v > 0 then return true end
  end
  return false
end

local function disks(view, key)
  local out = {}
  for _, device in ipairs(devices(view, key, "node_disk_io_time_seconds_total")) do
    local function own(labels) return labels.device == device end
    local used = at_most_one(rate(view, key, "node_disk_io_time_seconds_total", own))
    if any_above_0(used) then
      out[#out + 1] = { resource = "disk", device = device, law = true, scale = 1, used = used,
        saturation = { { "requests in its queue", "number", rate(view, key, "node_disk_io_time_weighted_seconds_total", own) }, { "waited for disks", "ratio", waiting(view, key, "io") } } }
    end
  end
  return out
end

local function networks(view, key)
  local out = {}
  for _, device in ipairs(devices(view, key, "node_network_receive_bytes_total")) do
    local function own(labels) return labels.device == device end
    local function both(what) return sum_of(rate(view, key, ("node_network_receive_%s_total"):format(what), own), rate(view, key, ("node_network_transmit_%s_total"):format(what), own)) end
    local received, sent, speed = rate(view, key, "node_network_receive_bytes_total", own), rate(view, key, "node_network_transmit_bytes_total", own) or {}, gauge(view, key, "node_network_speed_bytes", own)
    if any_above_0(received) or any_above_0(sent) then
      local busier, used = {}, nil
      for i, v in pairs(received) do busier[i] = math.max(v, sent[i] or 0) end
      if any_above_0(speed) then used = share_of(busier, speed) end
      out[#out + 1] = { resource = "network", device = device, law = true, scale = 1, used = used, why = not used and "its speed is not known" or nil,
        saturation = { { "packets dropped a second", "number", both "drop" } }, errors = both "errs" }
    end
  end
  return out
end

--- ---- What they say ---------------------------------------------------------------------------------------------

local function figures(values)
  local n, total, most = 0, 0, 0
  for _, v in pairs(values or {}) do n, total, most = n + 1, total + v, math.max(most, v) end
  return n > 0 and { mean = total / n, max = most, steps = n } or nil
end

local function number(v) return units.format("number", v) end

--- Throughput and utilisation of the steps within the load, and which steps: those at its ends are cut by it.
local function pairs_of(x, used, n)
  local xs, us, steps = {}, {}, {}
  for i = 2, n - 1 do
    if (x[i - 1] or 0) > 0 and (x[i] or 0) > 0 and (x[i + 1] or 0) > 0 and used[i] then xs[#xs + 1], us[#us + 1], steps[#steps + 1] = x[i], used[i], i end
  end
  return xs, us, steps
end

--- A resource that was used up for most of the load ends where it was: a line through values that cannot rise further would tell nothing. Requests alone
--- use it up at one throughput: where that lies far apart, others use it as well.
local function ended(r, xs, us, ceiling)
  local n, x, u, least, most = 0, 0, 0, math.huge, 0
  for i, v in ipairs(us) do
    if v >= REACHED * ceiling then n, x, u, least, most = n + 1, x + xs[i], u + v, math.min(least, xs[i]), math.max(most, xs[i]) end
  end
  r.observed, r.varied = true, true
  if most > APART * least then r.apart = { least, most } end
  if most > APART * x / n then
    r.why = ("it was used up at %s/s as at %s/s: something else on the machine uses it, or requests cost different amounts"):format(number(least), number(most))
  else
    r.limit, r.demand = x / n, u / x * r.scale
  end
end

--- What the utilisation law tells of a resource.
local function fit(r, xs, us, ceiling)
  if not r.law then
    r.why = "no law ties it to a request: what is used stays used"
    return
  end
  if #xs < FEW then
    r.why = ("%d steps of the load have a value; %d are needed"):format(#xs, FEW)
    return
  end
  if r.used_up >= MOSTLY then return ended(r, xs, us, ceiling) end
  local d = core.demand(xs, us, { ceiling = ceiling })
  if not d then return end
  r.demand, r.demand_ci, r.r2, r.idle, r.varied = d.demand * r.scale, d.demand_lo and { d.demand_lo * r.scale, d.demand_hi * r.scale }, d.r2, d.idle, d.varied
  if not (d.demand > 0 and (not d.demand_lo or d.demand_lo > 0)) then
    r.why = "it is not seen to rise with the load"
  elseif d.x_max < math.huge then
    r.limit, r.limit_ci = d.x_max, d.x_max_lo and d.x_max_hi and d.x_max_hi < math.huge and { d.x_max_lo, d.x_max_hi } or nil
  end
end

--- A resource, told: its figures instead of its values.
local function told(r, machine, x, view, ceiling)
  local out = { machine = machine.name, role = machine.role, resource = r.resource, device = r.device, law = r.law, scale = r.scale, why = r.why, saturation = {}, consumers = {} }
  if r.errors then
    local count = 0
    for _, v in pairs(r.errors) do count = count + v * view.grid.step / 1000 end
    out.errors = math.floor(count + 0.5)
  end
  for _, s in ipairs(r.saturation) do
    local f = figures(s[3])
    if f then out.saturation[#out.saturation + 1] = { name = s[1], unit = s[2], mean = f.mean, max = f.max } end
  end
  if not r.used then return out end
  local xs, us, steps = pairs_of(x, r.used, view.grid.n)
  if r.whole then out.consumers = consumers.shares(machine.consumers[r.resource], r.whole, steps, r.law and x or nil) end
  out.utilisation = figures(#us > 0 and us or r.used)
  local reached = 0
  for _, u in ipairs(us) do reached = reached + (u >= REACHED * ceiling and 1 or 0) end
  out.used_up = #us > 0 and reached / #us or 0
  fit(out, xs, us, ceiling)
  return out
end

local function machines_of(view)
  local list, seen = {}, {}
  for _, name in ipairs { "node_cpu_seconds_total", "node_memory_MemTotal_bytes", "node_disk_io_time_seconds_total", "node_network_receive_bytes_total" } do
    for key, series in pairs(view:by_machine(name)) do
      local labels = series[1].labels
      if not seen[key] then
        seen[key] = true
        local cpu, memory = consumers.of(view, labels.instance or "")
        list[#list + 1] = { key = key, consumers = { cpu = cpu, memory = memory }, name = (labels.instance or "") ~= "" and labels.instance or labels.source or "this machine", role = labels.role }
      end
    end
  end
  table.sort(list, function(a, b) return a.key < b.key end)
  return list
end

--- ---- In words --------------------------------------------------------------------------------------------------

local function share(v) return percent(v, 3) end

local function name_of(r) return ("%s%s of %s"):format(r.resource, r.device and " " .. r.device or "", r.machine) end

local function row(r)
  local parts = {}
  if r.utilisation then parts[1] = ("%s used on average, %s at most"):format(share(r.utilisation.mean), share(r.utilisation.max)) end
  parts[#parts + 1] = consumers.text(r.consumers)
  for _, s in ipairs(r.saturation) do parts[#parts + 1] = ("%s: %s, at most %s"):format(s.name, s.unit == "ratio" and share(s.mean) or number(s.mean), s.unit == "ratio" and share(s.max) or number(s.max)) end
  if r.errors then parts[#parts + 1] = ("%d errors"):format(r.errors) end
  if r.limit then
    parts[#parts + 1] = ("ends at %s/s"):format(number(r.limit))
  elseif r.why then
    parts[#parts + 1] = "no limit is told: " .. r.why
  end
  return name_of(r) .. ": " .. table.concat(parts, "; ") .. "."
end

local function interval(ci, unit) return ci and (" (95 %%: %s to %s)"):format(unit(ci[1]), unit(ci[2])) or "" end

local function explain(r)
  local lines = {}
  if not r.known then lines[1] = "Which resource ends first is not known: " .. r.why .. "." end
  if r.known then
    local b = r.bottleneck
    local function seconds(v) return units.format("duration", math.max(0, v)) end
    local function per_s(v) return number(v) .. "/s" end
    lines[1] = ("The %s ends first, at %s%s: a request takes %s of it%s, and at %s on average it was %s used."):format(name_of(b), per_s(b.limit), interval(b.limit_ci, per_s), seconds(b.demand), interval(b.demand_ci, seconds),
      per_s(r.throughput.mean), share(b.utilisation.mean))
    if b.used_up > 0 then lines[#lines + 1] = ("It was used up in %s of the load's time."):format(share(b.used_up)) end
  end
  if #r.resources > 0 then lines[#lines + 1] = "Used is what the whole machine used, by all that runs on it." end
  for _, one in ipairs(r.resources) do lines[#lines + 1] = row(one) end
  for _, w in ipairs(r.warnings) do lines[#lines + 1] = "warning: " .. w end
  return table.concat(lines, "\n")
end

--- ---- The answer ------------------------------------------------------------------------------------------------

local function is_ended(labels) return labels.outcome ~= "aborted" end

--- What was answered a second: of the loads, or of a counter that is named.
local function throughput_of(view, run, o)
  local selector = o.throughput and grid.selector(run, o.throughput, "rate", view.row) or { metric = "load_requests_total", matchers = {} }
  local x = {}
  for _, s in ipairs(grid.series(view.reader, selector, view.row)) do
    if o.throughput or is_ended(s.labels) then view.grid:growth(view.reader, s, view.row, x) end
  end
  for i, v in pairs(x) do x[i] = v / (view.grid.step / 1000) end
  return x
end

--- Seconds between two samples of the machines: shorter steps would tell nothing more.
local function usual_step(reader, row)
  for _, s in ipairs(grid.series(reader, { metric = "node_cpu_seconds_total", matchers = {} }, row)) do
    local times = reader:samples(s.id, row)
    if times and #times > 1 then return math.max(0.1, math.ceil((times[#times] - times[1]) / (#times - 1) / 100 - 0.5) / 10) end
  end
  return 1
end

local function view_of(run, o)
  assert(writer.sync())
  local reader, row, from, to = run:reader(), run.row, run.started_ns, clock.wall()
  if o.run then
    local other = database.run(reader, o.run, run.row)
    row, from, to = other.id, database.range(other)
  end
  return setmetatable({ reader = reader, row = row, known = {}, grid = grid.new(from / 1e6, to / 1e6, o.step or usual_step(reader, row)) }, View)
end

local function warnings_of(r)
  local out, b = {}, r.bottleneck
  if r.left_out > 0 then out[1] = ("%d more machines were left out"):format(r.left_out) end
  if not b then return out end
  if not b.varied then out[#out + 1] = "the load hardly varied: what the resource does beside it cannot be told from what requests cost, so that it may end later than said" end
  if b.limit > 2 * r.throughput.max then out[#out + 1] = ("that is far beyond the highest load measured, %s/s: it is extrapolated"):format(number(r.throughput.max)) end
  if b.apart then out[#out + 1] = ("it was used up at %s/s as at %s/s: something else on the machine uses it, or requests cost different amounts; alone they may go further"):format(number(b.apart[1]), number(b.apart[2])) end
  local own = consumers.target(b.consumers)
  if own and own.mean < SMALL * b.utilisation.mean then
    out[#out + 1] = ("%s used %s of the %s of %s that was used: the limit is of the machine with all that runs on it, not of %s alone"):format(own.name, share(own.mean / b.utilisation.mean), b.resource, b.machine, own.name)
  end
  if b.role == "generator" then out[#out + 1] = ("%s sends the load: this limit is the generator's, not the target's"):format(b.machine) end
  return out
end

--- Why a resource that was used up has no limit.
local function used_up_apart(r)
  for _, one in ipairs(r.resources) do
    if one.apart then return ("the %s: %s"):format(name_of(one), one.why) end
  end
end

--- Which of the resources ends first, or why that is not known.
local function judge(r)
  local ends = {}
  for i, one in ipairs(r.resources) do ends[i] = one.limit or math.huge end
  local first = core.first_to_end(ends)
  if #r.resources == 0 then
    r.why = 'no machine was sampled; run:sample "host" before the load does it'
  elseif not r.throughput then
    r.why = "there is no throughput: no load was sent, and no counter is named"
  elseif not first then
    r.why = used_up_apart(r) or "no resource is seen to rise with the load"
  else
    r.known, r.bottleneck, r.load, r.load_ci = true, r.resources[first], r.resources[first].limit, r.resources[first].limit_ci
  end
end

--- run:capacity("use", { step, ceiling, throughput, run }).
---
---     run:sample "host"
---     run:load "browse"
---     print(run:capacity("use"):explain())
---@param run table
---@param o table { step: seconds, ceiling = 1, throughput: a counter, run }
---@return table { known, why, bottleneck, load, load_ci, resources, throughput = { mean, max, steps }, warnings, explain }
function M.run(run, o)
  local ceiling = o.ceiling or 1
  if not (ceiling > 0 and ceiling <= 1) then invalid "ceiling is a share above 0, and at most 100%%" end
  if o.step and not (o.step > 0) then invalid "step is more than 0" end
  local view = view_of(run, o)
  local x, machines = throughput_of(view, run, o), machines_of(view)
  local within = pairs_of(x, setmetatable({}, { __index = function() return 0 end }), view.grid.n)
  local r = { known = false, resources = {}, throughput = figures(within), left_out = math.max(0, #machines - MACHINES_MOST), explain = explain }
  for i = 1, #machines - r.left_out do
    for _, read in ipairs { cpu, memory, disks, networks } do
      for _, one in ipairs(read(view, machines[i].key)) do r.resources[#r.resources + 1] = told(one, machines[i], x, view, ceiling) end
    end
  end
  judge(r)
  r.warnings = warnings_of(r)
  return r
end

return M
