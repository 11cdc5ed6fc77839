--- What every chart over time has around its drawing: figure, legend, scale of time, events, limits.
local svg = require "perilune.report.chart.svg"

local M = {}

local function legend(series, events)
  local parts = {}
  for _, s in ipairs(series) do parts[#parts + 1] = ('<span class="key %s">%s</span>'):format(s.class, svg.escape(s.name)) end
  if events and svg.has_band(events) then parts[#parts + 1] = '<span class="key band-key">measured</span>' end
  return ('<p class="legend">%s</p>'):format(table.concat(parts))
end

--- The drawing with its title and legend.
---@param o table { title, note, series = {{ name, class }} or nil, events }
---@param parts string[] pieces of SVG
---@return string html
function M.figure(o, parts)
  return ('<figure><figcaption>%s%s</figcaption>%s%s</figure>'):format(svg.escape(o.title), o.note and (" <small>%s</small>"):format(svg.escape(o.note)) or "",
    svg.drawing(o.title, parts), o.series and legend(o.series, o.events) or "")
end

--- The scale from seconds to coordinates.
---@param grid table
---@return fun(t: number): number
function M.time_scale(grid)
  return svg.scale(0, grid.columns * grid.step, svg.LEFT, svg.WIDTH - svg.RIGHT)
end

--- Events, axes and grid of a chart over time.
---@param out string[]
---@param o table { grid, events, unit }
---@param ticks number[]
---@param x fun(t: number): number
---@param y fun(v: number): number
function M.axes(out, o, ticks, x, y)
  svg.events(out, o.events, x)
  svg.y_axis(out, ticks, y, o.unit)
  svg.time_axis(out, o.grid.columns * o.grid.step, x)
end

--- Whether there is anything to draw.
---@param series table[]
---@return boolean
function M.any(series)
  for _, s in ipairs(series) do
    if next(s.values) then return true end
  end
  return false
end

return M
