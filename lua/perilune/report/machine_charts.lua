--- The charts of the machine: CPU, memory, pressure, disk, network.
local stacked_areas = require "perilune.report.chart.stacked_areas"
local time_series = require "perilune.report.chart.time_series"

local M = {}

local CPU = { { "user", "c1" }, { "system", "c2" }, { "iowait", "c3" }, { "softirq", "c4" }, { "steal", "c5" } }

local function sorted_series(by_name, most)
  local classes, names, series = { "c1", "c2", "c3", "c4", "c5", "c6" }, {}, {}
  for name in pairs(by_name) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    if i > most then break end
    series[i] = { name = name, class = classes[(i - 1) % #classes + 1], values = by_name[name] }
  end
  return series
end

--- The charts of the machine.
---@param model table
---@return string
function M.draw(model)
  local m, grid, events, cpu = model.machine, model.grid, model.events, {}
  for _, mode in ipairs(CPU) do
    if m.cpu[mode[1]] then cpu[#cpu + 1] = { name = mode[1], class = mode[2], values = m.cpu[mode[1]] } end
  end
  local pressure = {}
  for i, what in ipairs { "cpu", "io", "memory" } do pressure[i] = { name = what, class = "c" .. i, values = m.pressure[what] or {} } end
  local body = stacked_areas.draw { title = "CPU", note = "share of all CPUs", unit = "ratio", top = 1, grid = grid, events = events, series = cpu }
    .. time_series.draw { title = "CPU of processes", note = "cores", unit = "number", grid = grid, events = events, series = sorted_series(m.process, 6) }
    .. time_series.draw { title = "Memory in use", unit = "ratio", top = 1, grid = grid, events = events, series = { { name = "used", class = "c3", values = m.memory } } }
    .. time_series.draw { title = "Memory of the target", unit = "size", grid = grid, events = events, series = { { name = "resident", class = "c3", values = m.resident } } }
    .. time_series.draw { title = "Pressure", note = "share of time that tasks waited", unit = "ratio", top = 0.1, grid = grid, events = events, series = pressure }
    .. time_series.draw { title = "Disk busy", note = "share of time", unit = "ratio", top = 0.1, grid = grid, events = events, series = sorted_series(m.disk, 6) }
    .. time_series.draw { title = "Disk traffic", note = "bytes per second", unit = "size", grid = grid, events = events,
      series = { { name = "read", class = "c1", values = m.disk_read or {} }, { name = "written", class = "c2", values = m.disk_written or {} } } }
    .. time_series.draw { title = "Network traffic", note = "bytes per second, loopback included", unit = "size", grid = grid, events = events,
      series = { { name = "received", class = "c1", values = m.received or {} }, { name = "sent", class = "c2", values = m.sent or {} } } }
  return body ~= "" and '<div class="charts">' .. body .. "</div>" or ""
end

return M
