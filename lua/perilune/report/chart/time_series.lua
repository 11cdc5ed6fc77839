--- Lines over time.
local frame = require "perilune.report.chart.frame"
local svg = require "perilune.report.chart.svg"

local M = {}

--- The least, at most 0, and the most, at least 0.
local function extent(series)
  local least, most = 0, 0
  for _, s in ipairs(series) do
    for _, v in pairs(s.values) do least, most = math.min(least, v), math.max(most, v) end
  end
  return least, most
end

local function lowest_positive(series)
  local low
  for _, s in ipairs(series) do
    for _, v in pairs(s.values) do
      if v > 0 and (not low or v < low) then low = v end
    end
  end
  return low
end

--- A line with gaps where a column has no value; a lonely value is a short dash.
local function line_path(grid, values, x, y)
  local parts, pen = {}, false
  for c = 1, grid.columns do
    local v = values[c]
    if v then
      local at = x((c - 0.5) * grid.step)
      parts[#parts + 1] = ("%s%s %s"):format(pen and "L" or "M", svg.n(at), svg.n(y(v)))
      if not pen and not values[c + 1] then parts[#parts + 1] = "h2" end
    end
    pen = v ~= nil
  end
  return table.concat(parts)
end

--- Limits of objectives as dashed lines, where they fall into the chart.
local function draw_limits(out, limits, y, top)
  for _, limit in ipairs(limits or {}) do
    if limit.value <= top then
      out[#out + 1] = svg.line(svg.LEFT, y(limit.value), svg.WIDTH - svg.RIGHT, y(limit.value), "limit")
      out[#out + 1] = svg.text(svg.WIDTH - svg.RIGHT - 4, y(limit.value) - 4, "limit-text", limit.name, "end")
    end
  end
end

local function positive(values)
  local out = {}
  for c, v in pairs(values) do out[c] = v > 0 and v or nil end
  return out
end

--- The top of the axis: the highest value, and limits that are not far above it.
local function top_of(o, most)
  local top = math.max(o.top or 0, most)
  for _, limit in ipairs(o.limits or {}) do
    if limit.value <= top * 3 then top = math.max(top, limit.value) end
  end
  return top
end

--- Draws the lines.
---@param o table { title, note, unit, grid, events, log, top, limits = {{ value, name }}, series = {{ name, class, values }} }
---@return string html; empty when there is no value
function M.draw(o)
  if not frame.any(o.series) then return "" end
  local least, most = extent(o.series)
  local out, top = {}, top_of(o, most)
  local low = o.log and lowest_positive(o.series) or nil
  local ticks = low and svg.log_ticks(low, math.max(top, low * 1.01)) or svg.linear_ticks(top, o.unit, least)
  local x, y = frame.time_scale(o.grid), svg.scale(ticks[1], ticks[#ticks], svg.HEIGHT - svg.BOTTOM, svg.TOP, low ~= nil)
  frame.axes(out, o, ticks, x, y)
  draw_limits(out, o.limits, y, ticks[#ticks])
  for _, s in ipairs(o.series) do
    out[#out + 1] = ('<path d="%s" class="line %s"/>'):format(line_path(o.grid, low and positive(s.values) or s.values, x, y), s.class)
  end
  return frame.figure(o, out)
end

return M
