--- What every chart over time has around its drawing: figure, legend, scale of time, events, limits.
local svg = require "perilune.report.chart.svg"
local units = require "perilune.core.units"

local M = {}

local function legend(series, events)
  local parts = {}
  for _, s in ipairs(series) do
    if not s.values or next(s.values) then parts[#parts + 1] = ('<span class="key %s">%s</span>'):format(s.class, svg.escape(s.name)) end
  end
  if events and svg.has_band(events) then parts[#parts + 1] = '<span class="key band-key">measured</span>' end
  return ('<p class="legend">%s</p>'):format(table.concat(parts))
end

--- The chart in words, for who does not see it: its title, and of each series the least and the most.
local function spoken(o)
  local parts = {}
  for _, s in ipairs(o.series or {}) do
    local least, most = math.huge, -math.huge
    for _, v in pairs(s.values or {}) do least, most = math.min(least, v), math.max(most, v) end
    if least <= most then
      local from, to = units.format(o.unit or "number", least), units.format(o.unit or "number", most)
      parts[#parts + 1] = from == to and ("%s %s"):format(s.name, from) or ("%s %s to %s"):format(s.name, from, to)
    end
  end
  if o.spoken then parts[#parts + 1] = o.spoken end
  return #parts > 0 and ("%s: %s"):format(o.title, table.concat(parts, ", ")) or o.title
end

--- The drawing with its title and legend.
---@param o table { title, note, unit, series = {{ name, class, values }} or nil, events, spoken = what is read aloud beside the values }
---@param parts string[] pieces of SVG
---@return string html
function M.figure(o, parts)
  return ('<figure><figcaption>%s%s</figcaption>%s%s</figure>'):format(svg.escape(o.title), o.note and (" <small>%s</small>"):format(svg.escape(o.note)) or "",
    svg.drawing(spoken(o), parts), o.series and legend(o.series, o.events) or "")
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
