--- The machine during a run in figures: least, mean and most of CPU, memory, disk, network, pressure and processes.
local units = require "perilune.core.units"

local M = {}

--- Metrics of hosts that figures and charts of machines are drawn from.
M.METRICS = {
  "node_cpu_seconds_total", "node_load1", "node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes", "node_disk_io_time_seconds_total", "node_disk_read_bytes_total",
  "node_disk_written_bytes_total", "node_network_receive_bytes_total", "node_network_transmit_bytes_total", "node_pressure_cpu_waiting_seconds_total",
  "node_pressure_io_waiting_seconds_total", "node_pressure_memory_waiting_seconds_total",
}

local function checked(value, err)
  if value == nil then error(err, 0) end
  return value
end

--- fn(labels, times, values) for each series of a metric, of the machine that the timeline's labels name.
local function each(timeline, name, fn)
  for _, s in ipairs(checked(timeline.reader:series(name, timeline.run, timeline.labels))) do
    local times, values = timeline.reader:samples(s.id, timeline.run)
    checked(times, values)
    fn(s.labels, times, values)
  end
end

--- Growth per second of a counter between samples, added up over its series: by time.
local function rates(timeline, name, wanted)
  local sums = {}
  each(timeline, name, function(labels, times, values)
    if wanted and not wanted(labels) then return end
    for i = 2, #times do
      local seconds = (times[i] - times[i - 1]) / 1000
      if seconds > 0 and values[i] >= values[i - 1] then sums[times[i]] = (sums[times[i]] or 0) + (values[i] - values[i - 1]) / seconds end
    end
  end)
  return sums
end

--- A gauge, added up over its series: by time.
local function gauge(timeline, name)
  local sums = {}
  each(timeline, name, function(_, times, values)
    for i = 1, #times do sums[times[i]] = (sums[times[i]] or 0) + values[i] end
  end)
  return sums
end

--- 1 - part / whole at the times that both have.
local function rest(part, whole)
  local out = {}
  for at, v in pairs(whole) do
    if v > 0 then out[at] = 1 - (part[at] or 0) / v end
  end
  return out
end

--- Whether these labels are of a disk: what is swapped into memory, compressed, goes to none.
---@param labels table<string, string>
---@return boolean
function M.is_disk(labels) return not (labels.device or ""):find "^zram" end

local function is_idle(labels) return labels.mode == "idle" or labels.mode == "iowait" end

local function label_values(timeline, name, label)
  local seen, list = {}, {}
  each(timeline, name, function(labels)
    local v = labels[label]
    if v and not seen[v] then seen[v], list[#list + 1] = true, v end
  end)
  table.sort(list)
  return list
end

--- What is told of a machine, in order: name, unit, values by time.
local function measured(timeline)
  local list = {}
  local function add(name, unit, values) list[#list + 1] = { name, unit, values } end
  add("cpu", "ratio", rest(rates(timeline, "node_cpu_seconds_total", is_idle), rates(timeline, "node_cpu_seconds_total")))
  add("load1", "number", gauge(timeline, "node_load1"))
  add("memory", "ratio", rest(gauge(timeline, "node_memory_MemAvailable_bytes"), gauge(timeline, "node_memory_MemTotal_bytes")))
  for _, device in ipairs(label_values(timeline, "node_disk_io_time_seconds_total", "device")) do
    if M.is_disk { device = device } then add("disk busy " .. device, "ratio", rates(timeline, "node_disk_io_time_seconds_total", function(labels) return labels.device == device end)) end
  end
  add("disk read", "bytes/s", rates(timeline, "node_disk_read_bytes_total", M.is_disk))
  add("disk written", "bytes/s", rates(timeline, "node_disk_written_bytes_total", M.is_disk))
  add("network received", "bytes/s", rates(timeline, "node_network_receive_bytes_total"))
  add("network sent", "bytes/s", rates(timeline, "node_network_transmit_bytes_total"))
  for _, what in ipairs { "cpu", "io", "memory" } do add("pressure " .. what, "ratio", rates(timeline, ("node_pressure_%s_waiting_seconds_total"):format(what))) end
  return list
end

--- What is told of processes: name, unit, values by time.
local function measured_processes(timeline)
  local list = {}
  for _, process in ipairs(label_values(timeline, "process_cpu_seconds_total", "process")) do
    list[#list + 1] = { process .. " cpu cores", "number", rates(timeline, "process_cpu_seconds_total", function(labels) return labels.process == process end) }
  end
  return list
end

--- Least, mean and most of each; what has no value is left out.
local function summed_up(list)
  local out = {}
  for _, m in ipairs(list) do
    local n, sum, min, max = 0, 0, math.huge, -math.huge
    for _, v in pairs(m[3]) do
      if m[2] == "ratio" then v = math.min(v, 1) end -- a clock that is a little late makes it more
      n, sum, min, max = n + 1, sum + v, math.min(min, v), math.max(max, v)
    end
    if n > 0 then out[#out + 1] = { name = m[1], unit = m[2], min = min, mean = sum / n, max = max, samples = n } end
  end
  return out
end

--- Figures of the host metrics of a run; what was not sampled is left out.
---@param reader any
---@param run integer number of the run
---@param labels table<string, string>|nil of the one machine that is meant; nil: the run has one
---@return table list of { name, unit = "ratio"|"number"|"bytes/s", min, mean, max, samples }
function M.figures(reader, run, labels)
  return summed_up(measured { reader = reader, run = run, labels = labels })
end

--- Figures of the processes that were sampled in a run.
---@param reader any
---@param run integer number of the run
---@return table as of figures
function M.process_figures(reader, run)
  return summed_up(measured_processes { reader = reader, run = run })
end

--- One value of a figure for people.
---@param unit string
---@param v number
---@return string
function M.shown(unit, v)
  if unit == "bytes/s" then return units.format("size", v) .. "/s" end
  return units.format(unit, v)
end

return M
