--- Values against offered load, one point a step: what a capacity search or a sweep found.
local frame = require "perilune.report.chart.frame"
local svg = require "perilune.report.chart.svg"
local units = require "perilune.core.units"

local M = {}

local function highest(points)
  local x, y = 0, 0
  for _, series in ipairs(points) do
    for _, p in ipairs(series.points) do x, y = math.max(x, p[1]), math.max(y, p[2]) end
  end
  return x, y
end

local function draw_axis(out, ticks, x, unit)
  for _, t in ipairs(ticks) do
    out[#out + 1] = svg.line(x(t), svg.TOP, x(t), svg.HEIGHT - svg.BOTTOM, "grid")
    out[#out + 1] = svg.text(x(t), svg.HEIGHT - svg.BOTTOM + 16, "tick", units.format(unit, t), t == ticks[#ticks] and "end" or "middle")
  end
end

local function path(points, x, y)
  local parts = {}
  for i, p in ipairs(points) do parts[i] = ("%s%s %s"):format(i == 1 and "M" or "L", svg.n(x(p[1])), svg.n(y(p[2]))) end
  return table.concat(parts)
end

--- Each series at the lowest and the highest load.
local function spoken(o)
  local parts = {}
  for _, s in ipairs(o.series) do
    local first, last = s.points[1], s.points[#s.points]
    if first then
      parts[#parts + 1] = ("%s %s at %s, %s at %s"):format(s.name, units.format(o.unit, first[2]), units.format(o.x_unit, first[1]), units.format(o.unit, last[2]), units.format(o.x_unit, last[1]))
    end
  end
  return table.concat(parts, "; ")
end

--- Draws lines with a mark at each step: a ring where it failed.
---@param o table { title, note, unit, x_unit, mark = { value, name }, series = {{ name, class, points = {{ x, y, passed }} }} }
---@return string html; empty without points
function M.draw(o)
  local right, top = highest(o.series)
  if right == 0 or top == 0 then return "" end
  local out, x_ticks, y_ticks = {}, svg.linear_ticks(right), svg.linear_ticks(top, o.unit)
  local x = svg.scale(0, x_ticks[#x_ticks], svg.LEFT, svg.WIDTH - svg.RIGHT)
  local y = svg.scale(0, y_ticks[#y_ticks], svg.HEIGHT - svg.BOTTOM, svg.TOP)
  svg.y_axis(out, y_ticks, y, o.unit)
  draw_axis(out, x_ticks, x, o.x_unit)
  if o.mark then
    out[#out + 1] = svg.line(x(o.mark.value), svg.TOP, x(o.mark.value), svg.HEIGHT - svg.BOTTOM, "limit")
    out[#out + 1] = svg.text(x(o.mark.value) - 4, svg.TOP + 10, "limit-text", o.mark.name, "end")
  end
  for _, s in ipairs(o.series) do
    out[#out + 1] = ('<path d="%s" class="line %s"/>'):format(path(s.points, x, y), s.class)
    for _, p in ipairs(s.points) do
      if p[3] == false then out[#out + 1] = ('<circle cx="%s" cy="%s" r="4" class="line %s"/>'):format(svg.n(x(p[1])), svg.n(y(p[2])), s.class) end
    end
  end
  o.spoken = spoken(o)
  return frame.figure(o, out)
end

return M
