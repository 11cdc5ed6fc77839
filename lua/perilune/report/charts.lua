--- Which charts the report has: the model's series, given to the drawings of chart.lua.
local chart = require "perilune.report.chart"

local M = {}

local function quantiles(hists, p)
  local out = {}
  for c, h in pairs(hists) do
    if h:count() > 0 then out[c] = p == 1 and h:max() or h:quantile(p) end
  end
  return out
end

--- Limits on latency quantiles, for the latency chart.
local function latency_limits(model)
  local limits = {}
  for _, o in ipairs(model.result.objectives or {}) do
    local name = o.expr:match("^%s*(p[%d.]+)%(latency")
    if name and type(o.limit) == "number" and #limits < 3 then limits[#limits + 1] = { value = o.limit, name = o.expr } end
  end
  return limits
end

local function latency_charts(model, grid, events)
  local l = model.load
  return chart.lines { title = "Latency", note = "seconds of a column together; logarithmic", unit = "duration", log = true, grid = grid, events = events, limits = latency_limits(model),
    series = { { name = "p50", class = "c1", values = quantiles(l.latency, 0.5) }, { name = "p90", class = "c4", values = quantiles(l.latency, 0.9) },
      { name = "p99", class = "c2", values = quantiles(l.latency, 0.99) }, { name = "max", class = "c5 dashed", values = quantiles(l.latency, 1) } } }
    .. chart.heat_map { title = "Latency heat map", note = "darker: more requests (logarithmic)", grid = grid, events = events, hists = l.latency }
    .. chart.nines { title = "Latency distribution", note = "the share of requests that were as fast or faster",
      series = { { name = "latency", class = "c1", hist = model.latency }, { name = "service time", class = "c2 dashed", hist = model.service } } }
end

local ERROR_CLASSES = { "c5", "c2", "c3", "c4", "c1", "c6" }

local function error_chart(model, grid, events)
  local names, series = {}, {}
  for name in pairs(model.load.outcomes) do
    if name ~= "ok" then names[#names + 1] = name end
  end
  table.sort(names)
  for i, name in ipairs(names) do
    series[i] = { name = name, class = ERROR_CLASSES[(i - 1) % #ERROR_CLASSES + 1], values = model.load.outcomes[name] }
  end
  return chart.areas { title = "Failed requests", note = "per second, by class", unit = "rate", grid = grid, events = events, series = series }
end

--- The values, or none when all are 0.
local function above_zero(values)
  for _, v in pairs(values or {}) do
    if v > 0 then return values end
  end
  return {}
end

--- The charts of the load.
---@param model table
---@return string
function M.load(model)
  local l, grid, events = model.load, model.grid, model.events
  local lost = { { name = "late", class = "c2", values = above_zero(l.starts.late) }, { name = "dropped", class = "c5", values = above_zero(l.starts.dropped) } }
  local body = chart.lines { title = "Offered and answered load", note = "per second", unit = "rate", grid = grid, events = events,
      series = { { name = "planned", class = "c6 dashed", values = l.planned }, { name = "answered", class = "c1", values = l.answered } } }
    .. latency_charts(model, grid, events)
    .. error_chart(model, grid, events)
    .. chart.lines { title = "Late and dropped starts", note = "per second", unit = "rate", grid = grid, events = events, series = lost }
    .. chart.lines { title = "Virtual users", unit = "number", grid = grid, events = events, series = { { name = "users", class = "c3", values = l.users } } }
  return body ~= "" and '<div class="charts">' .. body .. "</div>" or ""
end

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
function M.machine(model)
  local m, grid, events, cpu = model.machine, model.grid, model.events, {}
  for _, mode in ipairs(CPU) do
    if m.cpu[mode[1]] then cpu[#cpu + 1] = { name = mode[1], class = mode[2], values = m.cpu[mode[1]] } end
  end
  local pressure = {}
  for i, what in ipairs { "cpu", "io", "memory" } do pressure[i] = { name = what, class = "c" .. i, values = m.pressure[what] or {} } end
  local body = chart.areas { title = "CPU", note = "share of all CPUs", unit = "ratio", top = 1, grid = grid, events = events, series = cpu }
    .. chart.lines { title = "CPU of processes", note = "cores", unit = "number", grid = grid, events = events, series = sorted_series(m.process, 6) }
    .. chart.lines { title = "Memory in use", unit = "ratio", top = 1, grid = grid, events = events, series = { { name = "used", class = "c3", values = m.memory } } }
    .. chart.lines { title = "Memory of the target", unit = "size", grid = grid, events = events, series = { { name = "resident", class = "c3", values = m.resident } } }
    .. chart.lines { title = "Pressure", note = "share of time that tasks waited", unit = "ratio", top = 0.1, grid = grid, events = events, series = pressure }
    .. chart.lines { title = "Disk busy", note = "share of time", unit = "ratio", top = 0.1, grid = grid, events = events, series = sorted_series(m.disk, 6) }
    .. chart.lines { title = "Disk traffic", note = "bytes per second", unit = "size", grid = grid, events = events,
      series = { { name = "read", class = "c1", values = m.disk_read or {} }, { name = "written", class = "c2", values = m.disk_written or {} } } }
    .. chart.lines { title = "Network traffic", note = "bytes per second, loopback included", unit = "size", grid = grid, events = events,
      series = { { name = "received", class = "c1", values = m.received or {} }, { name = "sent", class = "c2", values = m.sent or {} } } }
  return body ~= "" and '<div class="charts">' .. body .. "</div>" or ""
end

return M
