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

--- A band of the interval from lo to hi, cut at the axis' end.
local function draw_band(out, lo, hi, last, place)
  lo, hi = math.min(lo, last), math.min(hi, last)
  if hi > lo then out[#out + 1] = place(lo, hi) end
end

--- Loads that are marked, with their intervals, and a throughput that is not passed, with its own.
local function draw_limits(out, o, x, y, right, top)
  for i, mark in ipairs(o.marks or { o.mark }) do
    if mark.lo and mark.hi then
      draw_band(out, mark.lo, mark.hi, right, function(lo, hi)
        return ('<rect x="%s" y="%s" width="%s" height="%s" class="band"><title>%s</title></rect>'):format(svg.n(x(lo)), svg.n(svg.TOP), svg.n(x(hi) - x(lo)), svg.n(svg.HEIGHT - svg.BOTTOM - svg.TOP), svg.escape(mark.name .. ", 95 %"))
      end)
    end
    if mark.value <= right then
      local left = x(mark.value) < (svg.LEFT + svg.WIDTH) / 2
      out[#out + 1] = svg.line(x(mark.value), svg.TOP, x(mark.value), svg.HEIGHT - svg.BOTTOM, "limit")
      out[#out + 1] = svg.text(x(mark.value) + (left and o.marks and 4 or -4), svg.TOP + 10 + (i - (o.limit and 0 or 1)) * 14, "limit-text", mark.name, left and o.marks and "start" or "end")
    end
  end
  local limit = o.limit
  if limit and limit.lo and limit.hi then
    draw_band(out, limit.lo, limit.hi, top, function(lo, hi)
      return ('<rect x="%s" y="%s" width="%s" height="%s" class="band"><title>%s</title></rect>'):format(svg.n(svg.LEFT), svg.n(y(hi)), svg.n(svg.WIDTH - svg.RIGHT - svg.LEFT), svg.n(y(lo) - y(hi)), svg.escape(limit.name .. ", 95 %"))
    end)
  end
  if limit and limit.value <= top then
    out[#out + 1] = svg.line(svg.LEFT, y(limit.value), svg.WIDTH - svg.RIGHT, y(limit.value), "limit")
    out[#out + 1] = svg.text(svg.LEFT + 4, y(limit.value) - 4, "limit-text", limit.name)
  end
end

--- Draws lines with a mark at each step: a ring where it failed.
---@param o table { title, note, unit, x_unit, mark = { value, name } or marks = {{ value, name, lo, hi }}, limit = { value, name, lo, hi }: of y,
--- series = {{ name, class, dots, points = {{ x, y, passed }} }} }
---@return string html; empty without points
function M.draw(o)
  local right, top = highest(o.series)
  if o.limit and o.limit.value <= 2 * top then top = math.max(top, o.limit.value) end
  if right == 0 or top == 0 then return "" end
  local out, x_ticks, y_ticks = {}, svg.linear_ticks(right), svg.linear_ticks(top, o.unit)
  local x = svg.scale(0, x_ticks[#x_ticks], svg.LEFT, svg.WIDTH - svg.RIGHT)
  local y = svg.scale(0, y_ticks[#y_ticks], svg.HEIGHT - svg.BOTTOM, svg.TOP)
  svg.y_axis(out, y_ticks, y, o.unit)
  draw_axis(out, x_ticks, x, o.x_unit)
  draw_limits(out, o, x, y, x_ticks[#x_ticks], y_ticks[#y_ticks])
  for _, s in ipairs(o.series) do
    if not s.dots then out[#out + 1] = ('<path d="%s" class="line %s"/>'):format(path(s.points, x, y), s.class) end
    for _, p in ipairs(s.dots and s.points or {}) do out[#out + 1] = ('<circle cx="%s" cy="%s" r="3.5" class="area %s"/>'):format(svg.n(x(p[1])), svg.n(y(p[2])), s.class) end
    for _, p in ipairs(s.points) do
      if p[3] == false then out[#out + 1] = ('<circle cx="%s" cy="%s" r="4" class="line %s"/>'):format(svg.n(x(p[1])), svg.n(y(p[2])), s.class) end
    end
  end
  o.spoken = spoken(o)
  return frame.figure(o, out)
end

return M
