--- The charts of the load: offered and answered rate, latency, failures, users.
local distribution = require "perilune.report.chart.distribution"
local heat_map = require "perilune.report.chart.heat_map"
local stacked_areas = require "perilune.report.chart.stacked_areas"
local time_series = require "perilune.report.chart.time_series"

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
  return time_series.draw { title = "Latency", note = "seconds of a column together; logarithmic", unit = "duration", log = true, grid = grid, events = events, limits = latency_limits(model),
    series = { { name = "p50", class = "c1", values = quantiles(l.latency, 0.5) }, { name = "p90", class = "c4", values = quantiles(l.latency, 0.9) },
      { name = "p99", class = "c2", values = quantiles(l.latency, 0.99) }, { name = "max", class = "c5 dashed", values = quantiles(l.latency, 1) } } }
    .. heat_map.draw { title = "Latency heat map", note = "the stronger, the more requests (logarithmic)", grid = grid, events = events, hists = l.latency }
    .. distribution.draw { title = "Latency distribution", note = "the share of requests that were as fast or faster",
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
  return stacked_areas.draw { title = "Failed requests", note = "per second, by class", unit = "rate", grid = grid, events = events, series = series }
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
function M.draw(model)
  local l, grid, events = model.load, model.grid, model.events
  local lost = { { name = "late", class = "c2", values = above_zero(l.starts.late) }, { name = "dropped", class = "c5", values = above_zero(l.starts.dropped) } }
  local body = time_series.draw { title = "Offered and answered load", note = "per second", unit = "rate", grid = grid, events = events,
      series = { { name = "starts planned, in the warm-up too", class = "c6 dashed", values = l.planned }, { name = "requests answered", class = "c1", values = l.answered } } }
    .. latency_charts(model, grid, events)
    .. error_chart(model, grid, events)
    .. time_series.draw { title = "Late and dropped starts", note = "per second", unit = "rate", grid = grid, events = events, series = lost }
    .. time_series.draw { title = "Virtual users", unit = "number", grid = grid, events = events, series = { { name = "users", class = "c3", values = l.users } } }
  return body ~= "" and '<div class="charts">' .. body .. "</div>" or ""
end

return M
