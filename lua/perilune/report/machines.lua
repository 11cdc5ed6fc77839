--- The machines of a run: whose host metrics came, each with its series on the report's grid and its figures, the busiest first.
local machine = require "perilune.report.machine"

local M = {}

--- Machines that are read: those beyond are counted alone.
M.MOST = 50

-- What a machine's series are told apart by; beside them a series has labels of its own (cpu, device ...).
local PLACE = { "source", "instance", "role", "job" }

-- Figures that say how busy a machine is: shares of the time that something was in use or waited for.
local BUSY = { ["cpu"] = true, ["pressure cpu"] = true, ["pressure io"] = true, ["pressure memory"] = true }

local function is_busy(figure) return BUSY[figure.name] or figure.name:find("^disk busy") ~= nil end

--- Shares of the CPU by mode, of all CPUs.
local function read_cpu(timeline, labels)
  local modes = timeline:rates("node_cpu_seconds_total", function(l) return l.mode end, labels)
  local total = {}
  for _, columns in pairs(modes) do
    for c, v in pairs(columns) do total[c] = (total[c] or 0) + v end
  end
  for _, columns in pairs(modes) do
    for c, v in pairs(columns) do columns[c] = total[c] > 0 and v / total[c] or 0 end
  end
  return modes
end

local function used_share(all_columns, free)
  local out = {}
  for c, v in pairs(all_columns) do
    if free[c] and v > 0 then out[c] = 1 - free[c] / v end
  end
  return out
end

--- Shares of time, at most 1 each: a sample that comes late makes them more.
local function at_most_one(columns)
  for c, v in pairs(columns or {}) do columns[c] = math.min(v, 1) end
  return columns
end

local function all() return "all" end
local function of_disk(labels) return machine.is_disk(labels) and "all" or nil end
local function device(labels) return machine.is_disk(labels) and labels.device or nil end

--- The series of one machine.
local function read_series(timeline, labels)
  local function total(name, key) return timeline:rates(name, key or all, labels).all end
  local function pressure(what) return at_most_one(total(("node_pressure_%s_waiting_seconds_total"):format(what))) end
  local disk = timeline:rates("node_disk_io_time_seconds_total", device, labels)
  for _, columns in pairs(disk) do at_most_one(columns) end
  return {
    cpu = read_cpu(timeline, labels),
    memory = used_share(timeline:gauge("node_memory_MemTotal_bytes", labels), timeline:gauge("node_memory_MemAvailable_bytes", labels)),
    disk = disk,
    disk_read = total("node_disk_read_bytes_total", of_disk), disk_written = total("node_disk_written_bytes_total", of_disk),
    received = total "node_network_receive_bytes_total", sent = total "node_network_transmit_bytes_total",
    pressure = { cpu = pressure "cpu", io = pressure "io", memory = pressure "memory" },
  }
end

--- Where a machine's series come from: { source, instance, role, job }, in the order of their names.
local function places(timeline)
  local seen, list = {}, {}
  for _, name in ipairs(machine.METRICS) do
    for _, s in ipairs(timeline:series(name)) do
      local place, parts = {}, {}
      for i, label in ipairs(PLACE) do
        place[label] = s.labels[label] or ""
        parts[i] = place[label]
      end
      local key = table.concat(parts, "\0")
      if not seen[key] then seen[key], list[#list + 1] = true, place end
    end
  end
  table.sort(list, function(a, b) return a.instance .. "\0" .. a.job .. "\0" .. a.source .. "\0" .. a.role < b.instance .. "\0" .. b.job .. "\0" .. b.source .. "\0" .. b.role end)
  return list
end

--- "db-1", or "127.0.0.1:9100 (node)" with its job; the source as well where that names several.
local function name_them(list)
  local count = {}
  local function short(place) return place.job ~= "" and ("%s (%s)"):format(place.instance, place.job) or place.instance end
  for _, place in ipairs(list) do count[short(place)] = (count[short(place)] or 0) + 1 end
  for i, place in ipairs(list) do
    local name = short(place)
    list[i] = { name = count[name] > 1 and ("%s, %s %s"):format(name, place.source, place.role) or name, labels = place }
  end
end

--- How busy it was: the highest mean of what can be busy, and its name.
local function busiest(figures)
  local name, share = nil, 0
  for _, f in ipairs(figures) do
    if is_busy(f) and f.mean > share then name, share = f.name, f.mean end
  end
  return name, share
end

--- The machines, the busiest first.
---@param timeline table report/timeline.lua
---@return table list of { name, labels, busiest = name of a figure, share, figures, cpu, memory, disk, disk_read, disk_written, received, sent, pressure }, and more = how many are not in it
function M.read(timeline)
  local list = places(timeline)
  name_them(list)
  local out = { more = math.max(0, #list - M.MOST) }
  for i = 1, #list - out.more do
    local m = list[i]
    for name, values in pairs(read_series(timeline, m.labels)) do m[name] = values end
    m.figures = machine.figures(timeline.reader, timeline.run, m.labels)
    m.busiest, m.share = busiest(m.figures)
    out[i] = m
  end
  table.sort(out, function(a, b)
    if a.share ~= b.share then return a.share > b.share end
    return a.name < b.name
  end)
  return out
end

local GROUPS = { cgroup = true, containers = true, units = true }

--- What a control group is called: its container or unit, else its path, else the labels that it was sampled with.
local function group_name(labels)
  if not GROUPS[labels.source] then return nil end
  local named = labels.name ~= "" and labels.name or labels.id
  if named then return labels.pod and ("%s/%s"):format(labels.pod, named) or named end
  local own = {}
  for k, v in pairs(labels) do
    if k ~= "source" and k ~= "role" and k ~= "origin" and k ~= "instance" then own[#own + 1] = v end
  end
  table.sort(own)
  return own[1] and table.concat(own, ", ") or "control group"
end

--- The control groups that were sampled: by themselves, as containers, as units of systemd.
---@param timeline table report/timeline.lua
---@return table { cpu = cores by name, memory = bytes by name, throttled = seconds per second by name }
function M.groups(timeline)
  local memory = {}
  for _, s in ipairs(timeline:series "container_memory_usage_bytes") do
    local name = group_name(s.labels)
    if name then memory[name] = timeline:gauge_of(s) end
  end
  return { cpu = timeline:rates("container_cpu_usage_seconds_total", group_name), memory = memory, throttled = timeline:rates("container_cpu_cfs_throttled_seconds_total", group_name) }
end

--- The processes that were sampled by name, whatever their machine.
---@param timeline table report/timeline.lua
---@return table { cpu = cores by name, resident = bytes of the target's, figures }
function M.processes(timeline)
  return {
    cpu = timeline:rates("process_cpu_seconds_total", function(labels) return labels.process end),
    resident = timeline:gauge("process_resident_memory_bytes", { role = "target", source = "process" }),
    figures = machine.process_figures(timeline.reader, timeline.run),
  }
end

return M
