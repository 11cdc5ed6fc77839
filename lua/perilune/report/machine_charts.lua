--- The charts of the machines: CPU, memory, pressure, disk, network. Of one machine with its parts; of several a line for each.
local lines = require "perilune.lines"
local stacked_areas = require "perilune.report.chart.stacked_areas"
local svg = require "perilune.report.chart.svg"
local time_series = require "perilune.report.chart.time_series"

local M = {}

local CPU = { { "user", "c1" }, { "system", "c2" }, { "iowait", "c3" }, { "softirq", "c4" }, { "steal", "c5" } }
local CLASSES = { "c1", "c2", "c3", "c4", "c5", "c6" }

-- Modes of the CPU that are no work.
local IDLE = { idle = true, iowait = true }

local function sorted_series(by_name, most)
  local names, series = {}, {}
  for name in pairs(by_name) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    if i > most then break end
    series[i] = { name = name, class = CLASSES[(i - 1) % #CLASSES + 1], values = by_name[name] }
  end
  return series
end

--- The series whose values are the greatest, in that order.
local function greatest_series(by_name, most)
  local names, peak, series = {}, {}, {}
  for name, values in pairs(by_name) do
    names[#names + 1], peak[name] = name, 0
    for _, v in pairs(values) do peak[name] = math.max(peak[name], v) end
  end
  table.sort(names, function(a, b)
    if peak[a] ~= peak[b] then return peak[a] > peak[b] end
    return a < b
  end)
  for i = 1, math.min(most, #names) do series[i] = { name = names[i], class = CLASSES[i], values = by_name[names[i]] } end
  return series
end

--- draw(o) with the run's grid and events.
local function drawn(model, chart, o)
  o.grid, o.events = model.grid, model.events
  return chart.draw(o)
end

--- The charts of one machine.
local function one(model, m)
  local cpu, pressure = {}, {}
  for _, mode in ipairs(CPU) do
    if m.cpu[mode[1]] then cpu[#cpu + 1] = { name = mode[1], class = mode[2], values = m.cpu[mode[1]] } end
  end
  for i, what in ipairs { "cpu", "io", "memory" } do pressure[i] = { name = what, class = "c" .. i, values = m.pressure[what] or {} } end
  return drawn(model, stacked_areas, { title = "CPU", note = "share of all CPUs", unit = "ratio", top = 1, series = cpu })
    .. drawn(model, time_series, { title = "Memory in use", unit = "ratio", top = 1, series = { { name = "used", class = "c3", values = m.memory } } })
    .. drawn(model, time_series, { title = "Pressure", note = "share of time that tasks waited", unit = "ratio", top = 0.1, series = pressure })
    .. drawn(model, time_series, { title = "Disk busy", note = "share of time", unit = "ratio", top = 0.1, series = sorted_series(m.disk, 6) })
    .. drawn(model, time_series, { title = "Disk traffic", note = "bytes per second", unit = "size",
      series = { { name = "read", class = "c1", values = m.disk_read or {} }, { name = "written", class = "c2", values = m.disk_written or {} } } })
    .. drawn(model, time_series, { title = "Network traffic", note = "bytes per second, loopback included", unit = "size",
      series = { { name = "received", class = "c1", values = m.received or {} }, { name = "sent", class = "c2", values = m.sent or {} } } })
end

-- ---- Several machines: one value of each for a chart, by column -------------------------------------------

local function add_to(out, values)
  for c, v in pairs(values or {}) do out[c] = (out[c] or 0) + v end
  return out
end

local function busy(m)
  local out = {}
  for mode, values in pairs(m.cpu) do
    if not IDLE[mode] then add_to(out, values) end
  end
  return out
end

local function busiest_disk(m)
  local out = {}
  for _, values in pairs(m.disk) do
    for c, v in pairs(values) do out[c] = math.max(out[c] or 0, v) end
  end
  return out
end

local COMPARED = {
  { { title = "CPU in use", note = "share of all CPUs of a machine", unit = "ratio", top = 1 }, busy },
  { { title = "Memory in use", unit = "ratio", top = 1 }, function(m) return m.memory end },
  { { title = "CPU pressure", note = "share of time that tasks waited", unit = "ratio", top = 0.1 }, function(m) return m.pressure.cpu end },
  { { title = "I/O pressure", note = "share of time that tasks waited", unit = "ratio", top = 0.1 }, function(m) return m.pressure.io end },
  { { title = "Memory pressure", note = "share of time that tasks waited", unit = "ratio", top = 0.1 }, function(m) return m.pressure.memory end },
  { { title = "Disk busy", note = "share of time, of each machine's busiest disk", unit = "ratio", top = 0.1 }, busiest_disk },
  { { title = "Disk traffic", note = "bytes read and written per second", unit = "size" }, function(m) return add_to(add_to({}, m.disk_read), m.disk_written) end },
  { { title = "Network traffic", note = "bytes received and sent per second, loopback included", unit = "size" }, function(m) return add_to(add_to({}, m.received), m.sent) end },
}

--- A line for each machine, of those that are busiest.
local function several(model, machines)
  local out = {}
  for i, chart in ipairs(COMPARED) do
    local o, series = {}, {}
    for key, value in pairs(chart[1]) do o[key] = value end
    for n = 1, math.min(#machines, #CLASSES) do series[n] = { name = machines[n].name, class = CLASSES[n], values = chart[2](machines[n]) or {} } end
    o.series = series
    out[i] = drawn(model, time_series, o)
  end
  return table.concat(out)
end

--- The charts of control groups, the greatest six each.
local function groups(model, g)
  local function each(title, note, unit, by_name)
    return drawn(model, time_series, { title = title, note = note, unit = unit, series = greatest_series(by_name, #CLASSES) })
  end
  return each("CPU of control groups", "cores", "number", g.cpu) .. each("Memory of control groups", nil, "size", g.memory)
    .. each("Control groups held back by their CPU limit", "seconds per second, of all their threads", "number", g.throttled)
end

--- The charts of the machines, the processes and the control groups.
---@param model table
---@return string
function M.draw(model)
  local machines, p = model.machines, model.processes
  local body = #machines == 1 and one(model, machines[1]) or several(model, machines)
  body = body .. drawn(model, time_series, { title = "CPU of processes", note = "cores", unit = "number", series = sorted_series(p.cpu, 6) })
    .. drawn(model, time_series, { title = "Memory of the target", unit = "size", series = { { name = "resident", class = "c3", values = p.resident } } }) .. groups(model, model.groups)
  if body == "" then return "" end
  local most = #machines > #CLASSES and ('<p class="meta">The %d busiest of %s; the table has more.</p>'):format(#CLASSES, svg.escape(lines.counted(#machines + machines.more, "machine"))) or ""
  return ('%s<div class="charts">%s</div>'):format(most, body)
end

return M
