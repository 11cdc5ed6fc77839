--- The distribution on an axis of nines: latency at 0 %, 90 %, 99 %, 99.9 % ..., each nine as wide as the one before.
local frame = require "perilune.report.chart.frame"
local svg = require "perilune.report.chart.svg"
local units = require "perilune.core.units"

local M = {}

local STEPS_A_NINE = 24

local function extent(series)
  local most, top = 0, 0
  for _, s in ipairs(series) do
    most, top = math.max(most, s.hist:count()), math.max(top, s.hist:count() > 0 and s.hist:max() or 0)
  end
  return most, top
end

local function draw_axis(out, nines, x)
  for i = 0, nines do
    local label = i == 0 and "0 %" or ("%s %%"):format(("%.6f"):format(100 - 100 / 10 ^ i):gsub("0+$", ""):gsub("%.$", ""))
    out[#out + 1] = svg.line(x(i), svg.TOP, x(i), svg.HEIGHT - svg.BOTTOM, "grid")
    out[#out + 1] = svg.text(x(i), svg.HEIGHT - svg.BOTTOM + 16, "tick", label, i == nines and "end" or "middle")
  end
end

--- The line as far as there is a request for each of its points.
local function line_of(h, nines, x, y)
  local parts = {}
  for i = 0, nines * STEPS_A_NINE do
    local p = 1 - 10 ^ (-i / STEPS_A_NINE)
    if h:count() * (1 - p) >= 1 - 1e-9 then
      parts[#parts + 1] = ("%s%s %s"):format(#parts == 0 and "M" or "L", svg.n(x(i / STEPS_A_NINE)), svg.n(y(h:quantile(p))))
    end
  end
  return table.concat(parts)
end

--- The median and the most of each.
local function spoken(series)
  local parts = {}
  for i, s in ipairs(series) do
    parts[i] = s.hist:count() > 0 and ("%s p50 %s, max %s"):format(s.name, units.format("duration", s.hist:quantile(0.5)), units.format("duration", s.hist:max())) or s.name .. " none"
  end
  return table.concat(parts, ", ")
end

--- Draws the distributions.
---@param o table { title, note, series = {{ name, class, hist }} }
---@return string html; empty for fewer than 10 values
function M.draw(o)
  local most, top = extent(o.series)
  if most < 10 then return "" end
  local out, nines = {}, math.max(1, math.min(6, math.floor(math.log(most, 10))))
  local ticks = svg.linear_ticks(top)
  local x, y = svg.scale(0, nines, svg.LEFT, svg.WIDTH - svg.RIGHT), svg.scale(0, ticks[#ticks], svg.HEIGHT - svg.BOTTOM, svg.TOP)
  svg.y_axis(out, ticks, y, "duration")
  draw_axis(out, nines, x)
  for _, s in ipairs(o.series) do out[#out + 1] = ('<path d="%s" class="line %s"/>'):format(line_of(s.hist, nines, x, y), s.class) end
  o.spoken = spoken(o.series)
  return frame.figure(o, out)
end

return M
